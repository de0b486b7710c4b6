import { hash } from 'node:crypto';
import { BitHiveError, type ErrorCode } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import type { Arrival, Refusal } from '../../core/message.ts';
import {
  type Hl7Message,
  hl7ContentType,
  parseMessage,
  withoutLargeValues,
} from '../../formats/hl7v2/index.ts';
import { searchKeysOf } from './search-keys.ts';

export { hl7ContentType };

const typeCharsMax = 64;

/** What a channel with `strict: true` takes; an empty list takes all. */
export interface StrictRules {
  /** `ADT` takes every event of it, `ADT^A04` that one. */
  readonly types: readonly string[];
  /** MSH-12.1, for example `2.5.1`. */
  readonly versions: readonly string[];
}

export interface ArrivalOptions {
  /** For messages whose MSH-18 is empty or unknown. */
  readonly fallbackCharset?: string;
  /** Absent: whatever is HL7 v2 is stored, and the residue report says what no map took. */
  readonly strict?: StrictRules;
  /** The framing was at fault: the bytes are kept as quarantined with this reason. */
  readonly refusal?: Refusal;
}

export interface ReadArrival {
  readonly arrival: Arrival;
  /** null when the bytes hold no readable MSH. */
  readonly message: Hl7Message | null;
}

/** The arrival of one HL7 v2 message: only what accepting and answering need is read. Never throws; a fault becomes its `refusal`. */
export function hl7Arrival(bytes: Uint8Array, options: ArrivalOptions = {}): Arrival {
  return readArrival(bytes, options).arrival;
}

export function readArrival(bytes: Uint8Array, options: ArrivalOptions = {}): ReadArrival {
  // Of a large message only the header and the keys are read here: its documents are not decoded into text for that.
  const isLarge = bytes.length > limits.hl7DocumentInlineBytesMax;
  const parsed = parse(
    isLarge ? withoutLargeValues(bytes, limits.hl7DocumentInlineBytesMax) : bytes,
    options,
  );
  if (parsed instanceof BitHiveError) {
    const refusal = options.refusal ?? { code: parsed.code, detail: parsed.detail };
    return { arrival: unreadable(bytes, refusal), message: null };
  }
  const header = parsed.first('MSH')!;
  const controlId = header.value(10);
  const sender = `${header.value(3)}|${header.value(4)}`;
  const refusal = options.refusal ?? refusalOf(parsed, controlId, options.strict);
  const arrival: { -readonly [Field in keyof Arrival]: Arrival[Field] } = {
    kind: 'hl7v2',
    type: typeOf(header.get(9), header.get(9, 1, 2)),
    sender: sender.length > limits.searchKeyCharsMax ? sender.slice(0, limits.searchKeyCharsMax) : sender,
    contentType: hl7ContentType,
    body: { kind: 'inline', bytes },
    searchKeys: searchKeysOf(parsed),
  };
  // A piece of a message is not the message: the whole one, sent again, must not count as its conflict.
  if (options.refusal === undefined && isUsable(controlId)) {
    arrival.dedupe = { key: `${nameOf(sender)}|${controlId}`, contentHash: hash('sha256', bytes, 'hex') };
  }
  if (refusal !== undefined) arrival.refusal = refusal;
  return { arrival, message: parsed };
}

/** A sender's name in a key: MSH-3 has no limit of its own, and a key of megabytes would be stored with each message. */
const nameOf = (sender: string): string =>
  sender.length > limits.searchKeyCharsMax ? hash('sha256', sender, 'hex') : sender;

const isUsable = (controlId: string): boolean =>
  controlId !== '' && controlId.length <= limits.hl7ControlIdCharsMax;

function parse(bytes: Uint8Array, { fallbackCharset }: ArrivalOptions): Hl7Message | BitHiveError {
  try {
    return parseMessage(bytes, fallbackCharset === undefined ? {} : { fallbackCharset });
  } catch (cause) {
    if (cause instanceof BitHiveError) return cause;
    throw cause;
  }
}

function unreadable(bytes: Uint8Array, refusal: Refusal): Arrival {
  return {
    kind: 'hl7v2',
    type: 'unreadable',
    sender: '',
    contentType: hl7ContentType,
    body: { kind: 'inline', bytes },
    searchKeys: [],
    refusal,
  };
}

const typeOf = (code: string, event: string): string =>
  (event === '' ? code : `${code}^${event}`).slice(0, typeCharsMax);

function refusalOf(message: Hl7Message, controlId: string, strict?: StrictRules): Refusal | undefined {
  if (controlId === '') return refuse('BH_HL7_CONTROL_ID_MISSING', 'MSH-10 is empty');
  if (controlId.length > limits.hl7ControlIdCharsMax) {
    return refuse('BH_HL7_CONTROL_ID_LONG', `MSH-10 has ${controlId.length} characters`);
  }
  return strict === undefined ? undefined : strictRefusal(message, strict);
}

function strictRefusal(message: Hl7Message, { types, versions }: StrictRules): Refusal | undefined {
  const charsetWarning = message.warnings[0];
  if (charsetWarning !== undefined) return charsetWarning;
  const [code, event, version] = [message.get('MSH-9.1'), message.get('MSH-9.2'), message.get('MSH-12.1')];
  if (types.length > 0 && !types.includes(code) && !types.includes(`${code}^${event}`)) {
    const isOtherEvent = types.some((type) => type.startsWith(`${code}^`));
    return isOtherEvent
      ? refuse('BH_HL7_EVENT_UNKNOWN', 'the event in MSH-9.2 is not taken')
      : refuse('BH_HL7_TYPE_UNKNOWN', 'the type in MSH-9.1 is not taken');
  }
  if (versions.length > 0 && !versions.includes(version)) {
    return refuse('BH_HL7_VERSION_UNKNOWN', 'the version in MSH-12 is not taken');
  }
  return undefined;
}

const refuse = (code: ErrorCode, detail: string): Refusal => ({ code, detail });
