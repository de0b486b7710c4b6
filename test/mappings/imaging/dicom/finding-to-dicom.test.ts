import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Finding } from '../../../../core/inference.ts';
import { type DicomDataset, readDataset, tagOf } from '../../../../formats/dicom/index.ts';
import { type DicomResult, findingToDicom } from '../../../../mappings/imaging/dicom/finding-to-dicom.ts';
import { nameShown } from '../../../../mappings/imaging/dicom/pdf-report.ts';
import { type ResultKind, resultKinds } from '../../../../mappings/imaging/dicom/result-scene.ts';
import { site } from '../../site.ts';
import { completed, masked, maskedInSpace, negative, packed, pixelsOf, refused } from './findings.ts';

const objects = (finding: Finding): readonly DicomResult[] => findingToDicom(finding, site, resultKinds);
const object = (finding: Finding, kind: ResultKind): DicomDataset => {
  const [found] = findingToDicom(finding, site, [kind]);
  if (found === undefined) throw new RangeError(`no ${kind}`);
  return readDataset(found.bytes);
};
const text = (dataset: DicomDataset, keyword: string): string | undefined =>
  dataset.text(tagOf(keyword) ?? 0);
const sequence = (dataset: DicomDataset | undefined, keyword: string): readonly DicomDataset[] =>
  dataset?.sequence(tagOf(keyword) ?? 0) ?? [];

/** The content tree as lines `concept = value`, deepest last. */
function tree(dataset: DicomDataset, depth = 0): readonly string[] {
  const code = (item: DicomDataset | undefined): string =>
    item === undefined ? '' : (text(item, 'CodeMeaning') ?? '');
  return sequence(dataset, 'ContentSequence').flatMap((item) => {
    const [measured] = sequence(item, 'MeasuredValueSequence');
    const value =
      text(item, 'TextValue') ??
      text(item, 'UID') ??
      (measured ? text(measured, 'NumericValue') : code(sequence(item, 'ConceptCodeSequence')[0]));
    return [
      `${' '.repeat(depth)}${code(sequence(item, 'ConceptNameCodeSequence')[0])} = ${value ?? ''}`,
      ...tree(item, depth + 1),
    ];
  });
}

describe('a structured report', () => {
  test('says what was found, how certain the model is, and which model', () => {
    const lines = tree(object(completed, 'sr')).map((line) => line.trim());
    expect(lines).toEqual(
      expect.arrayContaining([
        'Observer Type = Device',
        'Tracking Identifier = Pneumonia: positive',
        'Finding = Pneumonia',
        'Certainty of Finding = 0.9734',
        'Pneumonia = Present',
        'Has interpretation = Positive',
        'Algorithm Name = cxr-demo',
        'Algorithm Version = 1.0.0',
        `Algorithm Parameters = SHA-256 of the model file: ${'f'.repeat(64)}`,
      ]),
    );
  });

  test('of a negative answer says absent', () => {
    const lines = tree(object(negative, 'sr')).map((line) => line.trim());
    expect(lines).toContain('Pneumonia = Absent');
    expect(lines).not.toContain('Pneumonia = Present');
  });

  test('of a refusal has the reason and no code of a finding', () => {
    const sr = object(refused, 'sr');
    const said = tree(sr).join('\n');
    expect(said).toContain('NO RESULT. This is not a negative finding. the image is no chest radiograph');
    expect(said).not.toMatch(/Measurement Group|Finding =|Absent|Present|Negative =/);
    expect(text(sr, 'CompletionFlag')).toBe('PARTIAL');
    expect(text(sr, 'SeriesDescription')).toBe('AI, NO RESULT: cxr-demo');
  });

  test('is preliminary and unverified, and names the image in its evidence', () => {
    const sr = object(completed, 'sr');
    expect([text(sr, 'PreliminaryFlag'), text(sr, 'VerificationFlag')]).toEqual([
      'PRELIMINARY',
      'UNVERIFIED',
    ]);
    const [study] = sequence(sr, 'CurrentRequestedProcedureEvidenceSequence');
    const [series] = sequence(study, 'ReferencedSeriesSequence');
    expect(
      sequence(series, 'ReferencedSOPSequence').map((one) => text(one, 'ReferencedSOPInstanceUID')),
    ).toEqual(['1.2.3.1.1']);
  });

  test('carries an order of the patient of the images, and no other', () => {
    const [request] = sequence(object(completed, 'sr'), 'ReferencedRequestSequence');
    expect(request && text(request, 'PlacerOrderNumberImagingServiceRequest')).toBe('P1');
    const ofAnother = { ...completed, order: { ...completed.order!, patientId: '2002' } };
    expect(sequence(object(ofAnother, 'sr'), 'ReferencedRequestSequence')).toEqual([]);
  });
});

describe('every object', () => {
  test('has the patient and the study of the images, under its own series', () => {
    for (const { bytes } of objects(masked)) {
      const dataset = readDataset(bytes);
      expect(text(dataset, 'PatientName')).toBe('Müller^Jürgen=山田^太郎');
      expect(
        ['PatientID', 'StudyInstanceUID', 'StudyID', 'AccessionNumber'].map((name) => text(dataset, name)),
      ).toEqual(['1001', '1.2.3', 'S7', 'F1']);
      expect(text(dataset, 'SeriesInstanceUID')).toMatch(/^2\.25\./);
      expect(text(dataset, 'SeriesDescription')).toBe('PRELIMINARY - AI: cxr-demo');
    }
  });

  test('has the time of the run, in the zone of the site or of the study', () => {
    expect(text(object(completed, 'sr'), 'ContentDate')).toBe('20261123');
    expect(text(object(completed, 'sr'), 'ContentTime')).toBe('002030');
    const [first, ...others] = completed.study.instances;
    const west = { ...completed.study, instances: [{ ...first!, timezoneOffset: '-0500' }, ...others] };
    expect(text(object({ ...completed, study: west }, 'sr'), 'ContentTime')).toBe('182030');
  });

  test('has the same bytes whenever it is made, and other UIDs for another version, model or answer', () => {
    const again = objects(maskedInSpace);
    objects(maskedInSpace).forEach(({ bytes }, i) => {
      expect(Buffer.compare(bytes, again[i]?.bytes ?? new Uint8Array())).toBe(0);
    });
    const variants: readonly Finding[] = [
      completed,
      negative,
      refused,
      { ...completed, study: { ...completed.study, version: 2 } },
      { ...completed, model: { ...completed.model, sha256: '0'.repeat(64) } },
    ];
    const uids = variants.flatMap((finding) => objects(finding).map((one) => one.sopInstanceUid));
    expect(new Set(uids).size).toBe(variants.length * 3);
  });

  test('keeps hostile text within its element', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (hostile) => {
        const finding: Finding = {
          ...refused,
          reason: hostile,
          model: { ...refused.model, name: hostile || 'm' },
        };
        for (const { bytes } of findingToDicom(finding, site, ['sr'])) {
          expect(text(readDataset(bytes), 'CompletionFlag')).toBe('PARTIAL');
        }
      }),
    );
  });
});

describe('a picture', () => {
  const lit = (dataset: DicomDataset): number =>
    (dataset.get(0x7fe00010)?.bytes ?? new Uint8Array()).reduce(
      (sum, level) => sum + (level > 128 ? 1 : 0),
      0,
    );

  test('shows the words of the result and nothing of the patient', () => {
    const { order: _order, ...unordered } = completed;
    const renamed = {
      ...unordered,
      study: {
        ...completed.study,
        instances: completed.study.instances.map((one) => ({
          ...one,
          patientName: 'Other^Name',
          patientId: '9',
        })),
      },
    };
    const [one, other] = [object(unordered, 'sc'), object(renamed, 'sc')];
    expect(lit(one)).toBeGreaterThan(5_000);
    expect(Buffer.compare(one.get(0x7fe00010)!.bytes, other.get(0x7fe00010)!.bytes)).toBe(0);
    expect(text(one, 'BurnedInAnnotation')).toBe('NO');
    expect(
      Buffer.compare(one.get(0x7fe00010)!.bytes, object(negative, 'sc').get(0x7fe00010)!.bytes),
    ).not.toBe(0);
  });
});

describe('a PDF', () => {
  test('is one, says that it names the patient, and has its length', () => {
    const dataset = object(completed, 'pdf');
    const bytes = Buffer.from(dataset.get(0x00420011)?.bytes ?? new Uint8Array());
    expect(bytes.subarray(0, 5).toString()).toBe('%PDF-');
    expect(text(dataset, 'BurnedInAnnotation')).toBe('YES');
    expect(bytes.subarray(0, dataset.number(0x00420015)).toString('latin1').trimEnd()).toMatch(/%%EOF$/);
  });

  test.each([
    ['Müller^Jürgen=山田^太郎', 'Müller Jürgen'],
    ['山田^太郎', ''],
    ['=山田^太郎=Yamada^Tarou', 'Yamada Tarou'],
    ['Иванов^Иван', 'Иванов Иван'],
  ])('a name is shown by the group that the font has: %s', (name, shown) => {
    expect(nameShown(name)).toBe(shown);
  });
});

describe('a segmentation', () => {
  test('has a segment for each label and a frame for each mask, packed without gaps', () => {
    const seg = object(masked, 'seg');
    expect(sequence(seg, 'SegmentSequence').map((one) => text(one, 'SegmentLabel'))).toEqual([
      'Lung',
      'Consolidation',
    ]);
    const bytes = seg.get(0x7fe00010)!.bytes;
    const bits = Array.from({ length: 105 }, (_, i) => (bytes[i >> 3]! >> (i & 7)) & 1);
    expect(bits).toEqual([...pixelsOf(1), ...pixelsOf(3), ...pixelsOf(2)]);
  });

  test('lies where the images lie', () => {
    const seg = object(maskedInSpace, 'seg');
    expect(text(seg, 'FrameOfReferenceUID')).toBe('1.2.3.9');
    const frames = sequence(seg, 'PerFrameFunctionalGroupsSequence');
    const positions = frames.map((frame) => sequence(frame, 'PlanePositionSequence')[0]?.numbers(0x00200032));
    expect(positions).toEqual([
      [0, 0, 0],
      [0, 0, 2.5],
      [0, 0, 0],
    ]);
  });

  test('masks of other sizes go to an object of their own', () => {
    const other = { ...masked.masks![0]!, rows: 2, columns: 4, bits: packed([1, 0, 1, 0, 1, 0, 1, 0]) };
    const segs = objects({ ...masked, masks: [...masked.masks!, other] }).filter(
      ({ kind }) => kind === 'seg',
    );
    expect(segs).toHaveLength(2);
    expect(readDataset(segs[1]!.bytes).get(0x7fe00010)!.bytes[0]).toBe(0b01010101);
  });

  test('a mask whose bits are not as many as its pixels is refused', () => {
    const short = { ...masked.masks![0]!, bits: 'AAAA' };
    expect(() => objects({ ...masked, masks: [short] })).toThrow('BH_FINDING_INVALID');
  });
});
