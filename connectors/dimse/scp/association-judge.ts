import type { AssociateRq, Rejection } from '../upper-layer/pdu.ts';

export interface JudgeOptions {
  readonly aeTitle: string;
  /** Empty: any. */
  readonly callingAes: readonly string[];
  readonly associationsMax: number;
  /** Those that are open without the one that asks. */
  readonly openCount: () => number;
  readonly isStopping: () => boolean;
}

const forGood = 1;
const forNow = 2;
const user = 1;
const presentation = 3;

/** Why an association is not accepted (PS3.8 table 9-21); null when it is. */
export function judgeAssociation(
  { calledAe, callingAe }: AssociateRq,
  { aeTitle, callingAes, associationsMax, openCount, isStopping }: JudgeOptions,
): Rejection | null {
  if (calledAe !== aeTitle) return { result: forGood, source: user, reason: 7 };
  const isKnown = callingAes.length === 0 || callingAes.includes(callingAe);
  if (!isKnown) return { result: forGood, source: user, reason: 3 };
  if (isStopping()) return { result: forNow, source: presentation, reason: 1 };
  if (openCount() >= associationsMax) return { result: forNow, source: presentation, reason: 2 };
  return null;
}
