import type { MessageId } from '../../core/ids.ts';
import { limits } from '../../core/limits.ts';
import type { Arrival, Refusal } from '../../core/message.ts';
import type { Acceptance } from '../../core/ports/index.ts';
import type { BatchEvent, Hl7Message } from '../../formats/hl7v2/index.ts';
import { type ArrivalOptions, readArrival } from './arrival.ts';

/** One message of a batch, before it is accepted. */
export interface BatchMember {
  readonly arrival: Arrival;
  readonly message: Hl7Message | null;
}

/** The message of an event of the splitter; null for an event that is none. One over the limit is refused, with its head as its body. */
export function memberOf(event: BatchEvent, options: ArrivalOptions, parent: MessageId): BatchMember | null {
  if (event.kind === 'header' || event.kind === 'issue') return null;
  const isWhole = event.kind === 'message';
  const read = isWhole
    ? readArrival(event.bytes, options)
    : readArrival(event.head, { ...options, refusal: tooLarge(event.bytesCount) });
  return { ...read, arrival: { ...read.arrival, parent } };
}

const tooLarge = (bytesCount: number): Refusal => ({
  code: 'BH_HL7_TOO_LARGE',
  detail: `the message has ${bytesCount} bytes`,
});

/**
 * Accepts in order, several at a time so that they share a commit. `settled` is told of each in the order of completion; its error is whatever
 * `accept` rejected with.
 */
export async function acceptInOrder<T>(
  members: AsyncIterable<T> | Iterable<T>,
  /** Resolves when the next may be given: bodies are placed one after another. The acceptance itself is not waited for. */
  accept: (member: T) => Promise<{ readonly accepted: Promise<Acceptance> }>,
  settled: (member: T, outcome: { acceptance: Acceptance } | { error: unknown }) => void,
): Promise<void> {
  const open = new Set<Promise<void>>();
  for await (const member of members) {
    const { accepted } = await accept(member);
    const done: Promise<void> = accepted
      .then(
        (acceptance) => settled(member, { acceptance }),
        (error: unknown) => settled(member, { error }),
      )
      .finally(() => open.delete(done));
    open.add(done);
    if (open.size >= limits.hl7BatchMessagesInFlight) await Promise.race(open);
  }
  await Promise.all(open);
}
