import type { BlobHash } from '../../../../core/ids.ts';
import type { CompletedFinding, FindingMask, RefusedFinding } from '../../../../core/inference.ts';
import type { OrderFacts } from '../../../../core/order.ts';
import type { StudyInstance } from '../../../../core/study.ts';

export const image = (number: number, facts: Partial<StudyInstance> = {}): StudyInstance => ({
  sopInstanceUid: `1.2.3.1.${number}`,
  sopClassUid: '1.2.840.10008.5.1.4.1.1.1.1',
  transferSyntaxUid: '1.2.840.10008.1.2.1',
  studyInstanceUid: '1.2.3',
  seriesInstanceUid: '1.2.3.1',
  modality: 'DX',
  accessionNumber: 'F1',
  patientId: '1001',
  patientIdIssuer: 'HOSP',
  patientName: 'Müller^Jürgen=山田^太郎',
  patientBirthDate: '19640229',
  patientSex: 'M',
  studyDate: '20261122',
  studyTime: '091500.5',
  studyId: 'S7',
  referringPhysician: 'Adams^Anna',
  studyDescription: 'Thorax p.a.',
  instanceNumber: number,
  rows: 5,
  columns: 7,
  blob: 'a'.repeat(64) as BlobHash,
  bytesCount: 1000,
  receivedAtMs: 0,
  ...facts,
});

const order: OrderFacts = {
  accessionNumber: 'F1',
  placerOrderNumber: 'P1',
  fillerOrderNumber: 'F1',
  patientId: '1001',
  urgency: 'stat',
  procedure: { code: 'CXR-PA-AND-LATERAL', display: 'Chest X-ray', system: 'https://his.example/procedures' },
  messageId: 7,
  identifiers: [{ system: 'https://his.example/order', value: 'P1' }],
};

export const completed: CompletedFinding = {
  status: 'completed',
  study: { studyInstanceUid: '1.2.3', version: 1, instances: [image(1), image(2)], completedAtMs: 0 },
  order,
  model: {
    name: 'cxr-demo',
    version: '1.0.0',
    sha256: 'f'.repeat(64),
    intendedUse: 'Shows the path <only>. Not for diagnosis.',
    publisher: 'BitHive',
    licence: 'CC-BY-4.0',
    evaluation: [
      {
        data: 'test set',
        n: 624,
        date: '2026-11-22',
        auc: 0.978,
        accuracy: 0.9,
        sensitivity: 0.99,
        specificity: 0.75,
      },
    ],
  },
  ranAtMs: Date.UTC(2026, 10, 22, 23, 20, 30, 250),
  durationMs: 41.6,
  sopInstanceUid: '1.2.3.1.1',
  target: { code: '233604007', system: 'http://snomed.info/sct', display: 'Pneumonia' },
  probability: 0.9734,
  threshold: 0.2090402990579605,
  positive: true,
};

export const negative: CompletedFinding = { ...completed, probability: 0.01, positive: false };

const { sopInstanceUid: _s, target: _t, probability: _p, threshold: _h, positive: _pos, ...base } = completed;
export const refused: RefusedFinding = {
  ...base,
  status: 'refused',
  sopInstanceUid: '1.2.3.1.1',
  code: 'BH_MODEL_OUT_OF_DISTRIBUTION',
  reason: 'the image is no chest radiograph',
};

const lung = { code: '39607008', system: 'http://snomed.info/sct', display: 'Lung' };
const consolidation = { code: '9656002', system: 'http://snomed.info/sct', display: 'Consolidation' };

/** Packs pixels, 1 a set one, as a finding carries them. */
export function packed(pixels: readonly number[]): string {
  const bytes = new Uint8Array(Math.ceil(pixels.length / 8));
  pixels.forEach((pixel, i) => {
    if (pixel) bytes[i >> 3] = bytes[i >> 3]! | (1 << (i & 7));
  });
  return Buffer.from(bytes).toString('base64');
}

/** 5 x 7 pixels: no multiple of eight, so that frames begin within bytes. */
export const pixelsOf = (seed: number): readonly number[] =>
  Array.from({ length: 35 }, (_, i) => ((i * 7 + seed * 13) % 5 < 2 ? 1 : 0));

const mask = (seed: number, label: FindingMask['label'], sopInstanceUid: string): FindingMask => ({
  label,
  sopInstanceUid,
  rows: 5,
  columns: 7,
  bits: packed(pixelsOf(seed)),
});

/** Two labels on two images; the first label's masks do not stand together. */
export const masked: CompletedFinding = {
  ...completed,
  masks: [mask(1, lung, '1.2.3.1.1'), mask(2, consolidation, '1.2.3.1.1'), mask(3, lung, '1.2.3.1.2')],
};

/** The same on slices that have a place in space. */
export const maskedInSpace: CompletedFinding = {
  ...masked,
  masks: (masked.masks ?? []).map((one) => ({
    ...one,
    geometry: {
      frameOfReferenceUid: '1.2.3.9',
      position: [0, 0, one.sopInstanceUid.endsWith('1') ? 0 : 2.5],
      orientation: [1, 0, 0, 0, 1, 0],
      spacing: [0.5, 0.5],
      thickness: 2.5,
    },
  })),
};
