import type { Arrival } from '../../core/message.ts';
import { type Hl7Message, parseMessage } from '../../formats/hl7v2/index.ts';

/**
 * What a message leaves in memory while its body is in the blob store and its answer is awaited: its header, for the answer. The message
 * itself would keep its bytes and its text, and an answer may take as long as a destination.
 */
export function headerOf(message: Hl7Message): Hl7Message {
  const bytes = Buffer.from(message.print().buffer, message.print().byteOffset, message.print().byteLength);
  const end = Math.min(lineEnd(bytes, 0x0d), lineEnd(bytes, 0x0a));
  return parseMessage(Uint8Array.from(bytes.subarray(0, end)), { fallbackCharset: message.charset.encoding });
}

/** The arrival with strings of its own: a part of a string keeps the whole of it, here the text of the message. */
export function withOwnStrings(arrival: Arrival): Arrival {
  const { dedupe } = arrival;
  return {
    ...arrival,
    type: own(arrival.type),
    sender: own(arrival.sender),
    searchKeys: arrival.searchKeys.map(([name, value]) => [name, own(value)] as const),
    ...(dedupe === undefined ? {} : { dedupe: { ...dedupe, key: own(dedupe.key) } }),
  };
}

const own = (text: string): string => Buffer.from(text, 'utf16le').toString('utf16le');

function lineEnd(bytes: Buffer, byte: number): number {
  const at = bytes.indexOf(byte);
  return at < 0 ? bytes.length : at;
}
