import { z } from 'zod';
import { BitHiveError, type ErrorCode } from '../../core/errors.ts';
import type { Finding } from '../../core/inference.ts';
import type { Json, JsonObject } from '../../core/json.ts';
import { limits } from '../../core/limits.ts';
import type { Message } from '../../core/message.ts';
import type { OrderFacts, OrdersOfPatient } from '../../core/order.ts';
import type { StudyInstance } from '../../core/study.ts';
import { instanceFactsSchema, instanceSchema, orderSchema } from '../../core/study-schema.ts';
import { completionSignals, type StudyState } from './study-state.ts';

/**
 * The edge at which the imaging steps read JSON that was stored before: facts of an instance, states, findings. What has another shape
 * (a database restored from another release, a hand that changed a row) is refused with a code and its message is quarantined.
 */
const text = z.string();
const name = text.min(1);
const maybe = z.exactOptional(text);
const count = z.exactOptional(z.number());
const moment = z.number();

const studyStateSchema = z.object({
  status: z.enum(['awaited', 'open', 'complete']),
  version: z.int().min(0),
  instances: z.int().min(0),
  openedAtMs: moment,
  lastAtMs: moment,
  accessionNumber: maybe,
  patientId: maybe,
  lookAtMs: count,
  held: maybe,
  steps: z.exactOptional(z.record(z.string(), z.enum(['in progress', 'completed', 'discontinued']))),
  announced: z.exactOptional(z.boolean()),
  missing: z.exactOptional(z.int().min(0)),
  count: z.exactOptional(
    z.object({
      askedAtMs: moment,
      decides: z.boolean(),
      answer: count,
      before: count,
      isAhead: z.exactOptional(z.boolean()),
    }),
  ),
  match: z.exactOptional(
    z.object({
      kind: z.enum(['matched', 'mismatch', 'proposed']),
      by: text,
      accessionNumber: text,
      messageId: moment,
      differs: z.array(text),
    }),
  ),
  completions: z.exactOptional(
    z.array(
      z.object({
        version: z.int().min(1),
        atMs: moment,
        signal: z.enum(completionSignals),
        instances: z.int().min(0),
      }),
    ),
  ),
});

const share = z.number().min(0).max(1);
const modelSchema = z.object({
  name,
  version: text,
  sha256: text,
  intendedUse: text,
  publisher: text,
  licence: text,
  evaluation: z.exactOptional(
    z.array(
      z.object({
        data: text,
        n: z.int().min(1),
        date: text,
        auc: share,
        accuracy: share,
        sensitivity: share,
        specificity: share,
      }),
    ),
  ),
});

const code = z.object({ code: text, system: text, display: text });
const side = z.int().min(1).max(65_535);
const mask = z.object({
  label: code,
  sopInstanceUid: name,
  rows: side,
  columns: side,
  frame: z.exactOptional(z.int().min(1)),
  bits: z.base64(),
  isDeflated: z.exactOptional(z.boolean()),
  geometry: z.exactOptional(
    z.object({
      frameOfReferenceUid: name,
      position: z.array(z.number()).length(3),
      orientation: z.array(z.number()).length(6),
      spacing: z.array(z.number()).length(2),
      thickness: z.exactOptional(z.number()),
    }),
  ),
});

const completed = {
  status: z.literal('completed'),
  sopInstanceUid: name,
  target: code,
  probability: share,
  threshold: share,
  positive: z.boolean(),
};
const masks = z.exactOptional(z.array(mask).max(limits.findingMasksMax));
const refused = { status: z.literal('refused'), sopInstanceUid: maybe, code: text, reason: text };
const ran = {
  model: modelSchema,
  ranAtMs: moment,
  durationMs: z.number(),
  priors: z.exactOptional(
    z.object({
      used: z.array(z.object({ studyInstanceUid: name, studyDate: maybe, sopInstanceUid: name })).readonly(),
      missing: maybe,
    }),
  ),
};
const studyName = { studyInstanceUid: name, version: z.int().min(1), completedAtMs: moment };
const whole = {
  ...ran,
  study: z.object({ ...studyName, instances: z.array(instanceSchema).max(limits.studyInstancesMax) }),
  order: z.exactOptional(orderSchema),
};
const findingSchema = z.discriminatedUnion('status', [
  z.object({ ...completed, masks, ...whole }),
  z.object({ ...refused, ...whole }),
]);

/** A finding without what the study's own state holds: its instances. */
const bare = { ...ran, study: z.object(studyName) };
const bareFindingSchema = z.discriminatedUnion('status', [
  z.object({ ...completed, ...bare }),
  z.object({ ...refused, ...bare }),
]);
const awaitedOrderSchema = z.object({
  accessionNumber: name,
  sinceMs: moment,
  flaggedOrder: count,
  findings: z.array(bareFindingSchema),
});

const ordersOfPatientSchema = z.object({
  orders: z.array(z.object({ accessionNumber: name, modality: text, plannedAtMs: count })),
});

export type BareFinding = z.output<typeof bareFindingSchema>;

/** Reports of a study that were written before its order was known. */
export interface AwaitedOrder {
  readonly accessionNumber: string;
  /** When the newest of them was written. */
  readonly sinceMs: number;
  /** The message of an order that was refused for it, so that the operator is told once. */
  readonly flaggedOrder?: number;
  /** At most one for each model. */
  readonly findings: readonly BareFinding[];
}

/** The body of a `finding` message. Throws BH_FINDING_INVALID. */
export const parseFinding = (body: JsonObject): Finding =>
  parsed(findingSchema, body, 'BH_FINDING_INVALID', 'the finding');

/** Facts and body of a `dicom` message. Throws BH_DICOM_ATTRIBUTE. */
export function parseInstance({ facts, body, receivedAtMs }: Message): StudyInstance {
  if (!facts || body.kind !== 'blob')
    throw new BitHiveError('BH_DICOM_ATTRIBUTE', 'the instance came without its header facts');
  const known = parsed(instanceFactsSchema, facts, 'BH_DICOM_ATTRIBUTE', 'the header facts');
  return { ...known, blob: body.hash, bytesCount: body.bytesCount, receivedAtMs };
}

/** States, as `StateReader.get` gives them; undefined when there is none. Each throws BH_STORE_STATE. */
export const parseStudyState = (value: Json | undefined): StudyState | undefined =>
  state(studyStateSchema, value, 'of the study');
export const parseOrder = (value: Json | undefined): OrderFacts | undefined =>
  state(orderSchema, value, 'of the order');
export const parseOrdersOfPatient = (value: Json | undefined): OrdersOfPatient | undefined =>
  state(ordersOfPatientSchema, value, "of the patient's orders");
export const parseAwaitedOrder = (value: Json | undefined): AwaitedOrder | undefined =>
  state(awaitedOrderSchema, value, 'of the awaited order');
export const parseStoredInstance = (value: Json): StudyInstance =>
  parsed(instanceSchema, value, 'BH_STORE_STATE', 'the fact of an instance');

function state<T>(schema: z.ZodType<T>, value: Json | undefined, what: string): T | undefined {
  if (value === undefined || value === null) return undefined;
  return parsed(schema, value, 'BH_STORE_STATE', `the state ${what}`);
}

/** The detail names the place and never the value: it may be a patient's. */
function parsed<T>(schema: z.ZodType<T>, value: Json, code: ErrorCode, what: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const place = issue?.path.join('.') ?? '';
  throw new BitHiveError(
    code,
    `${what}: ${place === '' ? '' : `${place}: `}${issue?.message ?? 'not valid'}`,
  );
}

/** What a state or fact of a study is stored as. */
export const jsonOf = (value: StudyState | StudyInstance | AwaitedOrder): JsonObject =>
  JSON.parse(JSON.stringify(value)) as JsonObject;
