import type { Finding } from '../../core/inference.ts';
import { limits } from '../../core/limits.ts';
import type { Study } from '../../core/study.ts';
import type { AwaitedOrder, BareFinding } from './stored.ts';

/**
 * A report that was written before its order is known waits for it. The order comes in at another channel, which publishes it under
 * its accession number and knows nothing of who reads that; so the waiting side looks again by a timer of its own. Two transactions of
 * two channels can miss each other, a timer can not: whichever commits first, a later look sees it.
 *
 * ```
 *   report without order ──▶ waiting ── looked, order there ──▶ report written again, with basedOn; no state
 *                             ▲   ╰──── looked, none ────▶ waiting, next look
 *                             ╰── a newer report of the study        ╰── after `waitMs`: given up; no state
 * ```
 */
export interface AwaitSettings {
  /** Time of the first look after the report. */
  readonly firstMs: number;
  /** A report whose order did not come in this time stays as it is. 0: nothing waits. */
  readonly waitMs: number;
}

export const orderTimer = 'report-order';

/** The longest pause between two looks. */
const pauseMsMax = 6 * 3_600_000;

/**
 * When to look next; null when it is time to give up. The pause is a quarter of the time waited so far: an order that is ten minutes
 * late is linked within another two and a half, and a study that never had one costs about sixty looks in a week.
 */
export function nextLookMs({ sinceMs }: AwaitedOrder, nowMs: number, settings: AwaitSettings): number | null {
  const waitedMs = nowMs - sinceMs;
  if (waitedMs >= settings.waitMs) return null;
  return nowMs + Math.min(pauseMsMax, Math.max(settings.firstMs, Math.floor(waitedMs / 4)));
}

/** A report was written without an order: it takes the place of an earlier one of the same model. */
export function awaitOrder(
  known: AwaitedOrder | undefined,
  finding: Finding,
  accessionNumber: string,
  nowMs: number,
): AwaitedOrder {
  const others = (known?.findings ?? []).filter(({ model }) => model.name !== finding.model.name);
  return {
    ...known,
    accessionNumber,
    sinceMs: nowMs,
    findings: [...others, bareOf(finding)].slice(-limits.reportsAwaitingOrderMax),
  };
}

/** A report of this model was written with its order. Null when nothing waits any more. */
export function reported(known: AwaitedOrder, model: string): AwaitedOrder | null {
  const findings = known.findings.filter((finding) => finding.model.name !== model);
  return findings.length === 0 ? null : { ...known, findings };
}

/** The finding as it was, given the study as it was. */
export const wholeOf = (finding: BareFinding, instances: Study['instances']): Finding => ({
  ...finding,
  study: { ...finding.study, instances },
});

/** The instances stay with the study: it may have thousands. Masks are no part of what is linked. */
function bareOf(whole: Finding): BareFinding {
  const { order: _order, ...finding } = withoutMasks(whole);
  const { studyInstanceUid, version, completedAtMs } = finding.study;
  const { evaluation, ...model } = finding.model;
  return {
    ...finding,
    model: evaluation === undefined ? model : { ...model, evaluation: [...evaluation] },
    study: { studyInstanceUid, version, completedAtMs },
  };
}

function withoutMasks(finding: Finding): Finding {
  if (finding.status !== 'completed') return finding;
  const { masks: _masks, ...rest } = finding;
  return rest;
}
