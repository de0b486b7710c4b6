import { z } from 'zod';
import { type BlobHash, parseBlobHash } from './ids.ts';
import { urgencies } from './order.ts';

/**
 * Shapes of `StudyInstance` and `OrderFacts` as JSON, for whoever reads them from where another release of the engine, or a hand, may have
 * written them: states, findings, jobs of the grid.
 */
const text = z.string();
const name = text.min(1);
const maybe = z.exactOptional(text);
const count = z.exactOptional(z.number());
const moment = z.number();

const blobHash = text.transform((value, context): BlobHash => {
  const hash = parseBlobHash(value);
  if (hash) return hash;
  context.addIssue({ code: 'custom', message: 'not a SHA-256 in lower-case hexadecimal' });
  return z.NEVER;
});

const instanceFacts = {
  sopInstanceUid: name,
  sopClassUid: text,
  transferSyntaxUid: text,
  studyInstanceUid: name,
  seriesInstanceUid: text,
  modality: text,
  accessionNumber: maybe,
  patientId: maybe,
  patientIdIssuer: maybe,
  patientName: maybe,
  patientBirthDate: maybe,
  patientSex: maybe,
  studyDate: maybe,
  studyTime: maybe,
  timezoneOffset: maybe,
  studyId: maybe,
  referringPhysician: maybe,
  studyDescription: maybe,
  seriesDescription: maybe,
  bodyPart: maybe,
  viewPosition: maybe,
  accessionIssuer: maybe,
  patientAge: maybe,
  laterality: maybe,
  protocolName: maybe,
  imageType: maybe,
  contrastAgent: maybe,
  manufacturer: maybe,
  modelName: maybe,
  stationName: maybe,
  institutionName: maybe,
  burnedInAnnotation: maybe,
  sliceThickness: count,
  seriesNumber: count,
  instanceNumber: count,
  rows: count,
  columns: count,
  frames: count,
};
export const instanceFactsSchema = z.object(instanceFacts);
export const instanceSchema = z.object({
  ...instanceFacts,
  blob: blobHash,
  bytesCount: z.number(),
  receivedAtMs: moment,
});

export const orderSchema = z.object({
  accessionNumber: text,
  accessionIssuer: maybe,
  status: z.exactOptional(z.enum(['completed', 'cancelled'])),
  patientIdSystem: maybe,
  patientName: maybe,
  patientBirthDate: maybe,
  patientSex: maybe,
  confirmedBy: maybe,
  plannedAtMs: count,
  placerOrderNumber: maybe,
  fillerOrderNumber: maybe,
  patientId: text,
  otherPatientIds: z.exactOptional(z.array(text)),
  urgency: z.enum(urgencies),
  modality: maybe,
  studyInstanceUid: maybe,
  procedure: z.exactOptional(z.object({ code: text, display: text, system: maybe })),
  messageId: z.number(),
  identifiers: z.array(z.object({ system: text, value: text })),
});
