import { z } from 'zod';
import { BitHiveError } from '../../core/errors.ts';
import type { Finding } from '../../core/inference.ts';
import type { Json, JsonObject } from '../../core/json.ts';
import { limits } from '../../core/limits.ts';
import type { StudyInstance } from '../../core/study.ts';
import type { StudyNotice } from '../../core/study-query.ts';
import { parseFinding } from './stored.ts';

/**
 * Reports that are blocked, since the order or a part of the images names another patient. They wait for an operator, or for the order to be
 * put right; what an operator decided holds for later versions of the study, as long as the order stays what it was.
 *
 * ```
 *   finding, mismatch ──▶ held ── order put right ──▶ reported with it; no state
 *                          │ ╰─── released ─────────▶ reported; later versions too
 *                          ╰───── rejected ─────────▶ nothing is reported; of later versions neither
 * ```
 */
export interface HeldReports {
  readonly sinceMs: number;
  readonly code: 'BH_ORDER_PATIENT' | 'BH_STUDY_PATIENT';
  /** What differs, without its value. */
  readonly differs: readonly string[];
  /** The message of the order. */
  readonly orderMessageId?: number;
  /** Models whose findings wait. */
  readonly models: readonly string[];
  readonly decision?: HeldDecision;
}

export interface HeldDecision {
  readonly word: 'release' | 'reject';
  readonly withOrder: boolean;
  readonly by: string;
  readonly atMs: number;
  readonly reason?: string;
}

const heldSchema = z.object({
  sinceMs: z.number(),
  code: z.enum(['BH_ORDER_PATIENT', 'BH_STUDY_PATIENT']),
  differs: z.array(z.string()),
  orderMessageId: z.exactOptional(z.number()),
  models: z.array(z.string()),
  decision: z.exactOptional(
    z.object({
      word: z.enum(['release', 'reject']),
      withOrder: z.boolean(),
      by: z.string(),
      atMs: z.number(),
      reason: z.exactOptional(z.string()),
    }),
  ),
});

const listSchema = z.object({
  studies: z.array(z.object({ studyInstanceUid: z.string(), sinceMs: z.number(), code: z.string() })),
});
export type HeldList = z.output<typeof listSchema>;

export const parseHeld = (value: Json | undefined): HeldReports | undefined =>
  value === undefined || value === null ? undefined : checked(heldSchema, value, 'of held reports');

export const parseHeldList = (value: Json | undefined): HeldList =>
  value === undefined || value === null
    ? { studies: [] }
    : checked(listSchema, value, 'of the list of held reports');

function checked<T>(schema: z.ZodType<T>, value: Json, what: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  throw new BitHiveError('BH_STORE_STATE', `the state ${what}: ${issue?.path.join('.')}: ${issue?.message}`);
}

/** A finding as it waits: without the instances, which the study has. */
export function heldFinding(finding: Finding): JsonObject {
  const { studyInstanceUid, version, completedAtMs } = finding.study;
  return JSON.parse(
    JSON.stringify({ ...finding, study: { studyInstanceUid, version, completedAtMs, instances: [] } }),
  ) as JsonObject;
}

export function findingOfHeld(value: Json, instances: readonly StudyInstance[]): Finding {
  const finding = parseFinding(value as JsonObject);
  return { ...finding, study: { ...finding.study, instances } };
}

export function withHeld(list: HeldList, studyInstanceUid: string, held: HeldReports | null): HeldList {
  const others = list.studies.filter((one) => one.studyInstanceUid !== studyInstanceUid);
  if (held === null) return { studies: others };
  const { sinceMs, code } = held;
  return { studies: [...others, { studyInstanceUid, sinceMs, code }].slice(-limits.heldReportsMax) };
}

export function decisionOf(
  { word, withOrder = false, by, reason }: StudyNotice & { readonly notice: 'decision' },
  atMs: number,
): HeldDecision {
  return { word, withOrder, by, atMs, ...(reason === undefined ? {} : { reason }) };
}

export const heldTimer = 'report-held';

/** Between two looks for the order: a quarter of the time waited, so that one that is put right is seen soon. */
export function nextHeldLookMs({ sinceMs }: HeldReports, nowMs: number): number {
  return nowMs + Math.min(pauseMsMax, Math.max(pauseMsMin, Math.floor((nowMs - sinceMs) / 4)));
}

const pauseMsMin = 10_000;
const pauseMsMax = 6 * 3_600_000;
