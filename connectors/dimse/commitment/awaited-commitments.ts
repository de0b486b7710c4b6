import { limits } from '../../../core/limits.ts';
import type { CommitmentReport } from './report.ts';

/** What an archive said of an instance that it was asked to vouch for. */
export type CommitmentWord = 'committed' | { readonly reason: number };

interface Awaited {
  readonly askedAtMs: number;
  word?: CommitmentWord;
  waiters: (() => void)[];
}

/**
 * Instances that archives were asked to vouch for. Their reports come on the association of the request or on one that they open to our
 * node, at once or hours later: what is heard is kept here until the delivery looks again. In memory: after a restart a delivery asks
 * anew.
 */
export class AwaitedCommitments {
  readonly #awaited = new Map<string, Awaited>();
  readonly #max: number;

  constructor(max: number = limits.dimseCommitmentsAwaitedMax) {
    this.#max = max;
  }

  asked(archiveAe: string, sopInstanceUid: string, nowMs: number): void {
    const key = keyOf(archiveAe, sopInstanceUid);
    const waiters = this.#awaited.get(key)?.waiters ?? [];
    this.#awaited.delete(key);
    this.#awaited.set(key, { askedAtMs: nowMs, waiters });
    const [oldest] = this.#awaited.keys();
    if (this.#awaited.size > this.#max && oldest !== undefined) this.#awaited.delete(oldest);
  }

  /** When it was asked for; null where it was not, or was forgotten. */
  askedAtMs(archiveAe: string, sopInstanceUid: string): number | null {
    return this.#awaited.get(keyOf(archiveAe, sopInstanceUid))?.askedAtMs ?? null;
  }

  /** null: nothing was heard yet. */
  word(archiveAe: string, sopInstanceUid: string): CommitmentWord | null {
    return this.#awaited.get(keyOf(archiveAe, sopInstanceUid))?.word ?? null;
  }

  forget(archiveAe: string, sopInstanceUid: string): void {
    this.#awaited.delete(keyOf(archiveAe, sopInstanceUid));
  }

  /** Resolves when the archive has said something of the instance. */
  async heard(archiveAe: string, sopInstanceUid: string): Promise<void> {
    const awaited = this.#awaited.get(keyOf(archiveAe, sopInstanceUid));
    if (awaited === undefined || awaited.word !== undefined) return;
    await new Promise<void>((resolve) => awaited.waiters.push(resolve));
  }

  /** Returns how many of the instances that it names were awaited. */
  take(archiveAe: string, { committed, failed }: CommitmentReport): number {
    let count = 0;
    for (const { sopInstanceUid } of committed) count += this.#note(archiveAe, sopInstanceUid, 'committed');
    for (const { sopInstanceUid, reason } of failed)
      count += this.#note(archiveAe, sopInstanceUid, { reason });
    return count;
  }

  #note(archiveAe: string, sopInstanceUid: string, word: CommitmentWord): number {
    const awaited = this.#awaited.get(keyOf(archiveAe, sopInstanceUid));
    if (awaited === undefined) return 0;
    awaited.word = word;
    for (const wake of awaited.waiters.splice(0)) wake();
    return 1;
  }
}

const keyOf = (archiveAe: string, sopInstanceUid: string): string => `${archiveAe}|${sopInstanceUid}`;
