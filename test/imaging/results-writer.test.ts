import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { datasetOf, type WritableDataset, writePart10 } from '../../formats/dicom/index.ts';
import { arbitraryDataset } from '../formats/dicom/write/arbitrary-dataset.ts';
import { hasDcmdump, pythonWithPydicom, run } from './results-programs.ts';

const uids = { sopClassUid: '1.2.840.10008.5.1.4.1.1.7', sopInstanceUid: '1.2.3' };
const count = 60;
let folder = '';
let files: readonly string[] = [];
let datasets: readonly WritableDataset[] = [];

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'bithive-writer-'));
  datasets = fc.sample(arbitraryDataset, { numRuns: count, seed: 20261129 });
  files = datasets.map((dataset, i) => {
    const file = join(folder, `${i}.dcm`);
    writeFileSync(file, writePart10(dataset, uids));
    return file;
  });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('what the writer writes', () => {
  (hasDcmdump ? test : test.skip)('is read by dcmdump without an error or a warning', () => {
    for (const file of files) {
      const { status, text } = run('dcmdump', ['-q', file]);
      expect([file, status]).toEqual([file, 0]);
      expect(text).not.toMatch(/^[EF]: /m);
    }
  });

  (pythonWithPydicom ? test : test.skip)('has the same elements for pydicom', () => {
    const script = `
import sys, json, pydicom
def walk(ds): return sum(1 + sum(walk(i) for i in e.value) if e.VR == 'SQ' else 1 for e in ds)
print(json.dumps([walk(pydicom.dcmread(f)) for f in sys.argv[1:]]))`;
    const { status, text } = run(pythonWithPydicom ?? '', ['-W', 'ignore', '-c', script, ...files]);
    expect([status, text.slice(0, 500)]).toEqual([0, expect.any(String)]);
    const counts = JSON.parse(text.trim().split('\n').at(-1) ?? '[]') as number[];
    expect(counts).toEqual(
      datasets.map((dataset, i) => elementsCount(dataset) + charsetCount(files[i] ?? '')),
    );
  });

  (pythonWithPydicom ? test : test.skip)('has the same text for pydicom', () => {
    const file = join(folder, 'names.dcm');
    const names = ['Müller^Jürgen', 'Yamada^Tarou=山田^太郎=やまだ^たろう', 'Люкceмбypг'];
    writeFileSync(file, writePart10(datasetOf({ SOPClassUID: '1.2', OtherPatientNames: names }), uids));
    const script =
      'import sys, json, pydicom\nprint(json.dumps([str(v) for v in pydicom.dcmread(sys.argv[1]).OtherPatientNames]))';
    const { text } = run(pythonWithPydicom ?? '', ['-c', script, file]);
    expect(JSON.parse(text)).toEqual(names);
  });
});

function elementsCount(dataset: WritableDataset): number {
  let total = 0;
  for (const { vr, value } of dataset.values()) {
    total += 1;
    if (vr === 'SQ') for (const item of value as readonly WritableDataset[]) total += elementsCount(item);
  }
  return total;
}

/** (0008,0005) is the writer's doing. */
function charsetCount(file: string): number {
  return readFileSync(file).includes('ISO_IR 192') ? 1 : 0;
}
