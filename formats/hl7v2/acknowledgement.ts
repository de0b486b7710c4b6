import { catalogue, type ErrorCode } from '../../core/error-catalogue.ts';
import type { Refusal } from '../../core/message.ts';
import { encodingCharacters } from './build.ts';
import { type Delimiters, standardDelimiters } from './delimiters.ts';
import { encodeText } from './encode.ts';
import { escapeText } from './escape.ts';
import type { Hl7Message } from './message.ts';
import type { Hl7Segment } from './segment.ts';
import { formatTimestamp } from './timestamp.ts';

/** MSA-1 (table 0008): the first three in original mode and for the application's answer, the last three for the commit. */
export type AckCode = 'AA' | 'AE' | 'AR' | 'CA' | 'CE' | 'CR';

export interface AckRequest {
  /** The message that is answered; null when nothing of it can be read: the answer then has an MSH of our own and an empty MSA-2. */
  readonly message: Hl7Message | null;
  readonly code: AckCode;
  /** MSH-10 of the answer, unique for its sender. */
  readonly controlId: string;
  /** MSH-7 of the answer. */
  readonly atMs: number;
  readonly error?: Refusal;
  /** `W` with a positive answer: stored, but something should be looked at. */
  readonly severity?: 'E' | 'W';
  /** Name under which the engine answers a message that cannot be read (MSH-3). */
  readonly application?: string;
}

/** HL7 table 0357. */
const conditionTexts: Readonly<Record<string, string>> = {
  '100': 'Segment sequence error',
  '101': 'Required field missing',
  '102': 'Data type error',
  '103': 'Table value not found',
  '200': 'Unsupported message type',
  '201': 'Unsupported event code',
  '202': 'Unsupported processing id',
  '203': 'Unsupported version id',
  '207': 'Application internal error',
};

/** Field of MSH that a refusal is about, for ERR-2 (ERR-1 before v2.5). */
const fieldOfCode: Readonly<Partial<Record<ErrorCode, number>>> = {
  BH_HL7_CONTROL_ID_MISSING: 10,
  BH_HL7_CONTROL_ID_LONG: 10,
  BH_HL7_TYPE_UNKNOWN: 9,
  BH_HL7_EVENT_UNKNOWN: 9,
  BH_HL7_VERSION_UNKNOWN: 12,
  BH_HL7_CHARSET: 18,
};

/**
 * An acknowledgement (HL7 v2.5.1 2.9.2, 2.14.8 MSA, 2.14.3 ERR): sender and receiver swapped; version, character set, processing id
 * and separators those of the message. Fields of the message are repeated as sent, so they keep their escapes; everything else is
 * escaped. Segments end with CR.
 */
export function buildAck(request: AckRequest): Uint8Array {
  const { message, error } = request;
  const header = message?.first('MSH');
  const delimiters = message?.delimiters ?? standardDelimiters;
  const version = header?.raw(12, 1, 1) || '2.5.1';
  const text =
    printHeader(request, header, delimiters, version) +
    printMsa(request, header, delimiters, version) +
    (error === undefined ? '' : printErr(error, request.severity ?? 'E', delimiters, version));
  return encodeText(text, message?.charset.encoding ?? 'utf-8');
}

function printHeader(
  request: AckRequest,
  header: Hl7Segment | undefined,
  delimiters: Delimiters,
  version: string,
): string {
  const echo = (field: number): string => echoed(header?.raw(field) ?? '');
  const fields = [
    'MSH',
    encodingCharacters(delimiters),
    header === undefined ? escapeText(request.application ?? 'BITHIVE', delimiters) : echo(5),
    echo(6),
    echo(3),
    echo(4),
    formatTimestamp(request.atMs),
    '',
    messageType(header, delimiters, version),
    escapeText(request.controlId, delimiters),
    echo(11) || 'P',
    echo(12) || version,
  ];
  const charset = echo(18);
  const isEnhanced = echo(15) !== '' || echo(16) !== '';
  // An acknowledgement asks for none itself, or two engines would answer each other for ever (2.9.3).
  if (isEnhanced) fields.push('', '', 'NE', 'NE');
  if (charset !== '') fields.push(...Array<string>(17 - fields.length).fill(''), charset);
  return `${fields.join(delimiters.field)}\r`;
}

/** `ACK^event^ACK` since v2.4, `ACK^event` in v2.3, `ACK` before. */
function messageType(header: Hl7Segment | undefined, delimiters: Delimiters, version: string): string {
  const event = echoed(header?.raw(9, 1, 2) ?? '');
  if (delimiters.component === '' || event === '' || isBefore(version, 3)) return 'ACK';
  const parts = isBefore(version, 4) ? ['ACK', event] : ['ACK', event, 'ACK'];
  return parts.join(delimiters.component);
}

function printMsa(
  request: AckRequest,
  header: Hl7Segment | undefined,
  delimiters: Delimiters,
  version: string,
): string {
  const fields = ['MSA', request.code, echoed(header?.raw(10) ?? '')];
  // MSA-3 is the place of the text before ERR could carry one (withdrawn in favour of ERR since v2.4).
  if (request.error !== undefined && isBefore(version, 5)) {
    fields.push(escapeText(`${request.error.code}: ${request.error.detail}`.slice(0, 80), delimiters));
  }
  return `${fields.join(delimiters.field)}\r`;
}

function printErr(error: Refusal, severity: 'E' | 'W', delimiters: Delimiters, version: string): string {
  const code = error.code in catalogue ? (error.code as ErrorCode) : 'BH_INTERNAL';
  const { err3, title, next } = catalogue[code];
  const components = (...values: string[]): string =>
    values.map((value) => escapeText(value, delimiters)).join(delimiters.component);
  const field = fieldOfCode[code];
  const condition = [err3, conditionTexts[err3] ?? '', 'HL70357'];
  if (isBefore(version, 5)) return oldErr(field, condition, delimiters);
  const fields = [
    'ERR',
    '',
    field === undefined ? '' : components('MSH', '1', String(field)),
    components(...condition),
    severity,
    components(error.code, title, 'L'),
    '',
    escapeText(error.detail, delimiters),
    escapeText(next, delimiters),
  ];
  return `${fields.join(delimiters.field)}\r`;
}

/** ERR-1 (ELD) of v2.4 and before: segment, sequence, field, and the condition as subcomponents. */
function oldErr(field: number | undefined, condition: readonly string[], delimiters: Delimiters): string {
  const mark = delimiters.component;
  const place = field === undefined ? ['', '', ''] : ['MSH', '1', String(field)];
  const coded = delimiters.subcomponent === '' ? condition[0]! : condition.join(delimiters.subcomponent);
  return `ERR${delimiters.field}${mark === '' ? condition[0] : [...place, coded].join(mark)}\r`;
}

/** What is repeated from the message stays escaped as it was; a control character could end our segment or frame and goes. */
function echoed(raw: string): string {
  return /[\0-\x1f]/.test(raw) ? raw.replace(/[\0-\x1f]/g, '') : raw;
}

/** Whether a version id such as `2.3.1` is lower than 2.`minor`. Text that is no version counts as current. */
function isBefore(version: string, minor: number): boolean {
  const match = /^2\.(\d{1,2})/.exec(version);
  return match !== null && Number(match[1]) < minor;
}
