import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Finding } from '../../core/inference.ts';
import { findingToDicom } from '../../mappings/imaging/dicom/finding-to-dicom.ts';
import { resultKinds } from '../../mappings/imaging/dicom/result-scene.ts';
import {
  completed,
  masked,
  maskedInSpace,
  negative,
  pixelsOf,
  refused,
} from '../mappings/imaging/dicom/findings.ts';
import { site } from '../mappings/site.ts';
import { dciodvfyErrors, hasDciodvfy, hasDcmdump, pythonWithPydicom, run } from './results-programs.ts';

const findings: Readonly<Record<string, Finding>> = {
  positive: completed,
  negative,
  refused,
  'without order': withoutOrder(),
  'of an anonymous study': anonymous(),
  masked,
  'masked in space': maskedInSpace,
  'masked in space without thickness': withoutThickness(),
};
const earlier = { sopInstanceUid: '2.25.1', seriesInstanceUid: '2.25.2' };
let folder = '';
const files = new Map<string, string>();

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'bithive-results-'));
  for (const [name, finding] of Object.entries(findings)) {
    for (const { kind, bytes } of findingToDicom(finding, site, resultKinds, () => earlier)) {
      const file = join(folder, `${name.replaceAll(' ', '-')}.${kind}.dcm`);
      writeFileSync(file, bytes);
      files.set(`${name} ${kind}`, file);
    }
  }
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('objects of a finding', () => {
  test('there is one of each form, and a segmentation where there are masks', () => {
    expect(files.size).toBe(8 * 3 + 3);
  });

  (hasDciodvfy ? test : test.skip)('dciodvfy finds no error in any', () => {
    for (const [name, file] of files) expect([name, dciodvfyErrors(file)]).toEqual([name, []]);
  });

  (hasDcmdump ? test : test.skip)('dcmdump reads them', () => {
    for (const [name, file] of files) {
      const { status, text } = run('dcmdump', ['-q', file]);
      expect([name, status, /^[EF]: /m.test(text)]).toEqual([name, 0, false]);
    }
  });

  (hasDcmdump ? test : test.skip)('dsrdump of dcmtk takes the reports for valid trees', () => {
    for (const [name, file] of files) {
      if (!name.endsWith(' sr')) continue;
      const { status, text } = run('dsrdump', [file]);
      expect([name, status]).toEqual([name, 0]);
      expect(text).toContain('Imaging Measurement Report');
      expect(text).not.toMatch(/^(E|W): (?!The VR checker does not support)/m);
    }
  });

  (pythonWithPydicom ? test : test.skip)(
    'pydicom reads the segmentation with the pixels of the masks',
    () => {
      const script = `
import sys, json, pydicom
ds = pydicom.dcmread(sys.argv[1])
from pydicom.pixel_data_handlers.util import get_expected_length
print(json.dumps([ds.NumberOfFrames, [s.SegmentLabel for s in ds.SegmentSequence], [f.SegmentIdentificationSequence[0].ReferencedSegmentNumber for f in ds.PerFrameFunctionalGroupsSequence], list(ds.PixelData)]))`;
      const { text } = run(pythonWithPydicom ?? '', ['-c', script, files.get('masked seg') ?? '']);
      const [frames, labels, segments, bytes] = JSON.parse(text) as [string, string[], number[], number[]];
      expect([Number(frames), labels, segments]).toEqual([3, ['Lung', 'Consolidation'], [1, 1, 2]]);
      const bits = bytes.flatMap((byte) => Array.from({ length: 8 }, (_, i) => (byte >> i) & 1));
      // The masks of the first segment, then that of the second.
      expect(bits.slice(0, 105)).toEqual([...pixelsOf(1), ...pixelsOf(3), ...pixelsOf(2)]);
    },
  );

  (pythonWithPydicom ? test : test.skip)('pydicom reads the names of the patient as they were', () => {
    const script = 'import sys, pydicom\nprint(str(pydicom.dcmread(sys.argv[1]).PatientName))';
    const { text } = run(pythonWithPydicom ?? '', [
      '-X',
      'utf8',
      '-c',
      script,
      files.get('positive sr') ?? '',
    ]);
    expect(text.trim()).toBe('Müller^Jürgen=山田^太郎');
  });
});

function withoutOrder(): Finding {
  const { order: _order, ...finding } = completed;
  return finding;
}

function withoutThickness(): Finding {
  const masks = (maskedInSpace.masks ?? []).map(({ geometry, ...mask }) => {
    if (geometry === undefined) return mask;
    const { thickness: _thickness, ...plane } = geometry;
    return { ...mask, geometry: plane };
  });
  return { ...maskedInSpace, masks };
}

/** Of a study that names no patient and that has no image of the finding's any more. */
function anonymous(): Finding {
  return { ...withoutOrder(), study: { ...completed.study, instances: [] } };
}
