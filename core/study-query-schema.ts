import { z } from 'zod';
import { BitHiveError, type ErrorCode } from './errors.ts';
import type { JsonObject } from './json.ts';
import { limits } from './limits.ts';
import type { StudyNotice, StudyQuery } from './study-query.ts';
import { instanceSchema } from './study-schema.ts';

/** The edge at which `StudyQuery` and `StudyNotice` are read from bytes that another release, an archive or a hand may have written. */
const text = z.string();
const name = text.min(1);
const maybe = z.exactOptional(text);
const uids = z.array(name).max(limits.studyInstancesMax);
const studyInstanceUid = name;

const querySchema = z.discriminatedUnion('ask', [
  z.object({ ask: z.literal('count'), studyInstanceUid }),
  z.object({
    ask: z.literal('priors'),
    studyInstanceUid,
    patientId: name,
    patientIdIssuer: maybe,
    modalities: z.array(text),
    before: maybe,
    studiesMax: z.int().min(1).max(limits.priorStudiesMax),
  }),
]);

export const priorSchema = z.object({
  studyInstanceUid,
  studyDate: maybe,
  instances: z.array(instanceSchema).max(limits.studyInstancesMax),
});

const noticeSchema = z.discriminatedUnion('notice', [
  z.object({
    notice: z.literal('mpps'),
    studyInstanceUid,
    status: z.enum(['in progress', 'completed', 'discontinued']),
    stepUid: name,
    sopInstanceUids: z.exactOptional(uids),
  }),
  z.object({ notice: z.literal('ian'), studyInstanceUid, sopInstanceUids: uids }),
  z.object({ notice: z.literal('count'), studyInstanceUid, count: z.int().min(0) }),
  z.object({
    notice: z.literal('priors'),
    studyInstanceUid,
    studies: z.array(priorSchema).max(limits.priorStudiesMax),
    missing: maybe,
  }),
  z.object({ notice: z.literal('manual'), studyInstanceUid, by: text }),
  z.object({
    notice: z.literal('decision'),
    studyInstanceUid,
    by: text,
    word: z.enum(['release', 'reject']),
    withOrder: z.exactOptional(z.boolean()),
    reason: maybe,
  }),
]);

/** The body of a delivery of `studyQueryContentType`. Throws BH_DELIVERY_REFUSED, which ends the delivery: it is refused again. */
export function parseStudyQuery(body: Uint8Array): StudyQuery {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder().decode(body));
  } catch (cause) {
    throw new BitHiveError('BH_DELIVERY_REFUSED', 'the study query is not JSON', { cause });
  }
  return parsed(querySchema, value, 'BH_DELIVERY_REFUSED', 'the study query');
}

/** The body of a message of kind `notice`. Throws BH_NOTICE_INVALID. */
export const parseStudyNotice = (body: JsonObject): StudyNotice =>
  parsed(noticeSchema, body, 'BH_NOTICE_INVALID', 'the notice');

/** The detail names the place and never the value: it may be a patient's. */
function parsed<T>(schema: z.ZodType<T>, value: unknown, code: ErrorCode, what: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  throw new BitHiveError(code, `${what}: ${issue?.path.join('.')}: ${issue?.message}`);
}
