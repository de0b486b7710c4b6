import { z } from 'zod';
import { BitHiveError } from '../core/errors.ts';
import { type BlobHash, parseBlobHash } from '../core/ids.ts';
import type { InferenceJob } from '../core/inference.ts';
import { limits } from '../core/limits.ts';
import { urgencies } from '../core/order.ts';

const text = z.string();
const maybe = z.exactOptional(z.string());
const count = z.exactOptional(z.number());

const blobHash = z.string().transform((value, context): BlobHash => {
  const hash = parseBlobHash(value);
  if (hash) return hash;
  context.addIssue({ code: 'custom', message: 'not a SHA-256 in lower-case hexadecimal' });
  return z.NEVER;
});

const instanceSchema = z.object({
  sopInstanceUid: text,
  sopClassUid: text,
  transferSyntaxUid: text,
  studyInstanceUid: text,
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
  studyDescription: maybe,
  seriesDescription: maybe,
  bodyPart: maybe,
  viewPosition: maybe,
  seriesNumber: count,
  instanceNumber: count,
  rows: count,
  columns: count,
  frames: count,
  blob: blobHash,
  bytesCount: z.number(),
  receivedAtMs: z.number(),
});

const orderSchema = z.object({
  accessionNumber: text,
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

const jobSchema = z.object({
  study: z.object({
    studyInstanceUid: text.min(1),
    version: z.int().min(1),
    instances: z.array(instanceSchema).min(1).max(limits.studyInstancesMax),
    completedAtMs: z.number(),
  }),
  model: text.min(1),
  urgency: z.enum(urgencies),
  order: z.exactOptional(orderSchema),
});

/** The body of a delivery to the grid. Throws BH_DELIVERY_REFUSED, which ends the delivery: the same body is refused again. */
export function parseInferenceJob(body: Uint8Array): InferenceJob {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(body).toString('utf8'));
  } catch (error) {
    throw new BitHiveError('BH_DELIVERY_REFUSED', 'the inference job is not JSON', { cause: error });
  }
  const parsed = jobSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new BitHiveError(
    'BH_DELIVERY_REFUSED',
    `the inference job: ${issue?.path.join('.')}: ${issue?.message}`,
  );
}
