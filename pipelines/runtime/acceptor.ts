import type { MessageId } from '../../core/ids.ts';
import type { Arrival, NewMessage, Refusal } from '../../core/message.ts';
import type { Acceptance, AcceptReceipt, Clock, Store } from '../../core/ports/index.ts';
import type { CompiledChannel, OpenDestination } from '../channel/compile.ts';
import type { Moments } from './moments.ts';

/** The channel that an arrival is bound to: the version in force when it came, with the destinations of that version. */
export interface ChannelInForce {
  readonly compiled: CompiledChannel;
  readonly version: number;
  readonly destinations: readonly OpenDestination[];
}

/**
 * The verb *accept*: bind to the channel's version, make durable, then answer at the moment that the channel's `ack` names. The
 * promise rejects with BH_STORE_* when nothing was kept.
 */
export class Acceptor {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #moments: Moments;

  constructor(store: Store, clock: Clock, moments: Moments) {
    this.#store = store;
    this.#clock = clock;
    this.#moments = moments;
  }

  async accept(
    channel: ChannelInForce,
    arrival: Arrival,
    stored?: (id: MessageId) => void,
  ): Promise<Acceptance> {
    const receipt = await this.#store.accept(bind(channel, arrival, this.#clock.nowMs()));
    stored?.(receipt.id);
    const duplicate = receipt.outcome === 'duplicate';
    if (receipt.refusal && receipt.status === 'quarantined' && arrival.refusal) {
      return { kind: 'refused', id: receipt.id, duplicate, error: receipt.refusal };
    }
    const { ack } = channel.compiled.definition;
    if (ack.moment === 'stored' || ack.moment === 'none')
      return { kind: 'accepted', id: receipt.id, duplicate, ...flag(receipt) };
    const destination = ack.moment === 'from' ? ack.destination : undefined;
    const want = ack.moment === 'mapped' ? 'mapped' : 'delivered';
    const error = await this.#moments.reached(receipt.id, want, destination);
    if (destination !== undefined) return this.#relayed(receipt, destination, duplicate, error);
    return error
      ? { kind: 'refused', id: receipt.id, duplicate, error }
      : { kind: 'accepted', id: receipt.id, duplicate, ...flag(receipt) };
  }

  /** The answer that the named destination gave, or the plain outcome when it gave none. */
  async #relayed(
    { id }: AcceptReceipt,
    destination: string,
    duplicate: boolean,
    error: Arrival['refusal'],
  ): Promise<Acceptance> {
    const { children } = await this.#store.lineage(id);
    // The newest: a delivery that was refused and brought back has an answer of each attempt.
    for (const child of [...children].reverse()) {
      const answer = await this.#store.getMessage(child);
      if (
        answer?.kind === 'answer' &&
        answer.facts?.destination === destination &&
        answer.body.kind === 'inline'
      ) {
        return { kind: 'relayed', id, duplicate, answer: answer.body.bytes };
      }
    }
    return error ? { kind: 'refused', id, duplicate, error } : { kind: 'accepted', id, duplicate };
  }
}

/** Stored, but under a name that another message has with other content. */
function flag({ outcome }: AcceptReceipt): { readonly warning?: Refusal } {
  if (outcome !== 'conflict') return {};
  return {
    warning: { code: 'BH_STORE_CONFLICT', detail: 'another message has the same id and other content' },
  };
}

/** The arrival as the store takes it. A dedupe key is the sender's own, so it counts within its channel. */
export function bind(
  channel: Pick<ChannelInForce, 'compiled' | 'version'>,
  arrival: Arrival,
  receivedAtMs: number,
): NewMessage {
  const { dedupe } = arrival;
  return {
    ...arrival,
    ...(dedupe ? { dedupe: { ...dedupe, key: `${channel.compiled.name}|${dedupe.key}` } } : {}),
    channel: channel.compiled.name,
    channelVersion: channel.version,
    receivedAtMs,
    keys: [],
  };
}
