import type { Clock } from '../../../core/ports/index.ts';
import type { ObjectKind } from '../scu/outgoing-object.ts';
import { contextsMax, proposeObjects, proposeServices } from '../scu/proposals.ts';
import type { Association } from '../upper-layer/association.ts';
import type { ProposedContext } from '../upper-layer/pdu.ts';
import { type RemoteNode, requestAssociation } from '../upper-layer/request-association.ts';

export interface KeptOptions {
  readonly node: RemoteNode;
  readonly clock: Clock;
  readonly connectMs?: number;
  readonly answerMs: number;
  readonly keepMs: number;
  /** SOP classes of services that each association is to have beside its objects. */
  readonly services: readonly string[];
}

type Pair = Omit<ObjectKind, 'sopInstanceUid'>;

interface Kept {
  readonly association: Association;
  readonly proposed: readonly ProposedContext[];
  stopTimer: () => void;
}

/**
 * Associations with one archive, kept for a short time for the next object of a lane. Each proposes what was sent lately, so that a study of
 * several kinds of objects needs one.
 */
export class KeptAssociations {
  readonly #options: KeptOptions;
  readonly #idle: Kept[] = [];
  readonly #proposals = new WeakMap<Association, readonly ProposedContext[]>();
  /** Kinds of objects that were sent, the latest last. */
  readonly #kinds = new Map<string, Pair>();
  #isClosed = false;

  constructor(options: KeptOptions) {
    this.#options = options;
  }

  /**
   * An association that was asked for this kind of object, whether or not the archive takes it. `isKept`: it may have ended unnoticed.
   *
   * @throws as `requestAssociation`
   */
  async take(kind: Pair, signal: AbortSignal): Promise<{ association: Association; isKept: boolean }> {
    this.#note(kind);
    for (let kept = this.#idle.pop(); kept !== undefined; kept = this.#idle.pop()) {
      kept.stopTimer();
      const { association, proposed } = kept;
      if (association.hasEnded) continue;
      if (includes(proposed, kind)) return { association, isKept: true };
      await association.release(this.#options.answerMs);
    }
    return { association: await this.#open(signal), isKept: false };
  }

  /** For the next object. */
  give(association: Association): void {
    if (association.hasEnded) return;
    if (this.#isClosed) {
      association.abort();
      return;
    }
    const { clock, keepMs, answerMs } = this.#options;
    const proposed = this.#proposals.get(association) ?? [];
    const kept: Kept = { association, proposed, stopTimer: () => {} };
    kept.stopTimer = clock.after(keepMs, () => {
      this.#idle.splice(this.#idle.indexOf(kept), 1);
      void association.release(answerMs);
    });
    this.#idle.push(kept);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    const { answerMs } = this.#options;
    await Promise.all(
      this.#idle.splice(0).map(({ association, stopTimer }) => {
        stopTimer();
        return association.release(answerMs);
      }),
    );
  }

  async #open(signal: AbortSignal): Promise<Association> {
    const { node, services, ...times } = this.#options;
    const own = proposeServices(services);
    const kinds = [...this.#kinds.values()].reverse();
    const proposed = [...own, ...proposeObjects(kinds, 1 + 2 * own.length)];
    const association = await requestAssociation(node, { ...times, contexts: proposed, signal });
    this.#proposals.set(association, proposed);
    return association;
  }

  #note(kind: Pair): void {
    const key = `${kind.sopClassUid} ${kind.transferSyntaxUid}`;
    this.#kinds.delete(key);
    this.#kinds.set(key, { sopClassUid: kind.sopClassUid, transferSyntaxUid: kind.transferSyntaxUid });
    const [oldest] = this.#kinds.keys();
    if (this.#kinds.size > contextsMax && oldest !== undefined) this.#kinds.delete(oldest);
  }
}

const includes = (proposed: readonly ProposedContext[], kind: Pair): boolean =>
  proposed.some(
    ({ abstractSyntax, transferSyntaxes }) =>
      abstractSyntax === kind.sopClassUid && transferSyntaxes.includes(kind.transferSyntaxUid),
  );
