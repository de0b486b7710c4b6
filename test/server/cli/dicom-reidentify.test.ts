import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { readDataset } from '../../../formats/dicom/index.ts';
import { dicomFile, el } from '../../formats/dicom/object-builder.ts';
import { pseudonyms, secret } from '../../mappings/deidentify/planted.ts';
import { bithive, temporaryFolder } from './harness.ts';

const original = dicomFile([
  el(0x00080016, 'UI', '1.2.840.10008.5.1.4.1.1.2'),
  el(0x00080018, 'UI', '1.2.3.1'),
  el(0x00080050, 'SH', 'ACC1'),
  el(0x00080060, 'CS', 'CT'),
  el(0x00100010, 'PN', 'Muster^Anna'),
  el(0x00100020, 'LO', 'MRN4711'),
  el(0x0020000d, 'UI', '1.2.3'),
  el(0x0020000e, 'UI', '1.2.3.0'),
]);

describe('bithive dicom reidentify', () => {
  let folder: ReturnType<typeof temporaryFolder>;
  beforeEach(() => {
    folder = temporaryFolder();
    for (const name of ['study', 'results']) mkdirSync(join(folder.path, name));
    writeFileSync(join(folder.path, 'key'), secret, { mode: 0o600 });
    writeFileSync(join(folder.path, 'study', 'a.dcm'), original);
    writeFileSync(join(folder.path, 'study', 'note.txt'), 'no object');
  });
  afterEach(() => folder.remove());

  const call = (...words: readonly string[]) =>
    bithive(['dicom', ...words, '--key-file', 'key', '--data', 'data'], { cwd: folder.path });
  const back = () => call('reidentify', 'results', '--originals', 'study', '--out', 'back');

  test('turns an object and a finding back, and ends 0', async () => {
    await call('anonymize', 'study/a.dcm', '--out', 'results');
    const finding = { study: pseudonyms.uid('1.2.3'), probability: 0.5 };
    writeFileSync(join(folder.path, 'results', 'finding.json'), JSON.stringify(finding));
    const result = await back();
    expect([result.code, result.err]).toEqual([0, expect.stringMatching(/note\.txt: BH_DICOM_SYNTAX$/)]);
    const name = `${pseudonyms.uid('1.2.3.1')}.dcm`;
    expect(result.out.split('\n').map((line) => JSON.parse(line).out)).toEqual([name, 'finding.json']);
    const dataset = readDataset(readFileSync(join(folder.path, 'back', name)));
    const texts = [0x00080018, 0x00080050, 0x00100010, 0x00100020, 0x0020000d].map((tag) =>
      dataset.text(tag),
    );
    expect(texts).toEqual(['1.2.3.1', 'ACC1', 'Muster^Anna', 'MRN4711', '1.2.3']);
    expect(JSON.parse(readFileSync(join(folder.path, 'back', 'finding.json'), 'utf8'))).toEqual({
      study: '1.2.3',
      probability: 0.5,
    });
  });

  test('names what is of no study at hand, goes on, and ends 1', async () => {
    writeFileSync(
      join(folder.path, 'results', 'a'),
      dicomFile([el(0x00080018, 'UI', '1.2'), el(0x0020000d, 'UI', '1.9')]),
    );
    writeFileSync(join(folder.path, 'results', 'b.json'), '{');
    writeFileSync(join(folder.path, 'results', 'c.json'), '[]');
    const result = await back();
    expect(result.code).toBe(1);
    expect(result.out.split('\n').map((line) => JSON.parse(line))).toMatchObject([
      { file: 'results/a', code: 'BH_DICOM_STUDY_MISMATCH' },
      { file: 'results/b.json', code: 'BH_DICOM_SYNTAX' },
      { file: 'results/c.json', out: 'c.json' },
    ]);
  });

  test('needs to be told where the originals are', async () => {
    expect(await call('reidentify', 'results', '--out', 'back')).toMatchObject({
      code: 2,
      err: expect.stringContaining('--originals'),
    });
  });
});
