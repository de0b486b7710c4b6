import { invalid } from '../upper-layer/protocol-error.ts';
import { noDataSet } from './command-fields.ts';

/** What a command set says (PS3.7 E.1). Absent: the element is not there, or empty. */
export interface CommandSet {
  readonly commandField: number;
  /** Whether a data set follows; what Command Data Set Type (0000,0800) is written from. */
  readonly hasDataSet: boolean;
  readonly affectedSopClassUid?: string;
  readonly requestedSopClassUid?: string;
  readonly affectedSopInstanceUid?: string;
  readonly requestedSopInstanceUid?: string;
  readonly messageId?: number;
  readonly respondedTo?: number;
  readonly moveDestination?: string;
  readonly moveOriginator?: string;
  readonly moveOriginatorMessageId?: number;
  readonly priority?: number;
  readonly status?: number;
  readonly errorComment?: string;
  readonly eventTypeId?: number;
  readonly actionTypeId?: number;
  readonly remaining?: number;
  readonly completed?: number;
  readonly failed?: number;
  readonly warning?: number;
}

type Name = Exclude<keyof CommandSet, 'hasDataSet'>;
type Vr = 'UI' | 'US' | 'AE' | 'LO';

const dataSetTypeElement = 0x0800;
/** Element number of group 0000 and VR of each; in ascending order, as they are written. */
const elements: readonly (readonly [number, Vr, Name])[] = [
  [0x0002, 'UI', 'affectedSopClassUid'],
  [0x0003, 'UI', 'requestedSopClassUid'],
  [0x0100, 'US', 'commandField'],
  [0x0110, 'US', 'messageId'],
  [0x0120, 'US', 'respondedTo'],
  [0x0600, 'AE', 'moveDestination'],
  [0x0700, 'US', 'priority'],
  [0x0900, 'US', 'status'],
  [0x0902, 'LO', 'errorComment'],
  [0x1000, 'UI', 'affectedSopInstanceUid'],
  [0x1001, 'UI', 'requestedSopInstanceUid'],
  [0x1002, 'US', 'eventTypeId'],
  [0x1008, 'US', 'actionTypeId'],
  [0x1020, 'US', 'remaining'],
  [0x1021, 'US', 'completed'],
  [0x1022, 'US', 'failed'],
  [0x1023, 'US', 'warning'],
  [0x1030, 'AE', 'moveOriginator'],
  [0x1031, 'US', 'moveOriginatorMessageId'],
];
const byNumber = new Map(elements.map(([number, vr, name]) => [number, { vr, name }]));

/** LO holds 64 characters (PS3.5 6.2). */
const commentCharsMax = 64;

/** Implicit VR little endian, always (PS3.7 6.3.1), with its group length in front. */
export function writeCommandSet(command: CommandSet): Buffer {
  const pieces: Buffer[] = [];
  let isTypeWritten = false;
  for (const [number, vr, name] of elements) {
    if (number > dataSetTypeElement && !isTypeWritten) {
      isTypeWritten = true;
      pieces.push(numberElement(dataSetTypeElement, command.hasDataSet ? 0 : noDataSet));
    }
    const value = command[name];
    if (value === undefined) continue;
    pieces.push(typeof value === 'number' ? numberElement(number, value) : textElement(number, vr, value));
  }
  const body = Buffer.concat(pieces);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(body.length);
  return Buffer.concat([elementHead(0, 4), length, body]);
}

function numberElement(number: number, value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return Buffer.concat([elementHead(number, 2), bytes]);
}

function textElement(number: number, vr: Vr, text: string): Buffer {
  const cut = vr === 'LO' ? text.slice(0, commentCharsMax) : text;
  const padding = cut.length % 2 === 0 ? '' : vr === 'UI' ? '\0' : ' ';
  const bytes = Buffer.from(cut + padding, 'latin1');
  return Buffer.concat([elementHead(number, bytes.length), bytes]);
}

function elementHead(number: number, bytesCount: number): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt16LE(number, 2);
  head.writeUInt32LE(bytesCount, 4);
  return head;
}

/** Elements that are not listed are passed over. Throws ProtocolError for what is no command set, or one without its field. */
export function readCommandSet(bytes: Buffer): CommandSet {
  const found: { -readonly [K in Name]?: string | number } = {};
  let dataSetType = noDataSet;
  let at = 0;
  while (at < bytes.length) {
    if (at + 8 > bytes.length || bytes.readUInt16LE(at) !== 0) throw invalid('a broken command set');
    const number = bytes.readUInt16LE(at + 2);
    const end = at + 8 + bytes.readUInt32LE(at + 4);
    if (end > bytes.length) throw invalid('an element longer than its command set');
    const value = bytes.subarray(at + 8, end);
    const known = byNumber.get(number);
    if (number === dataSetTypeElement) dataSetType = readNumber(value) ?? noDataSet;
    else if (known !== undefined) {
      const read = known.vr === 'US' ? readNumber(value) : readText(value);
      if (read !== undefined) found[known.name] = read;
    }
    at = end;
  }
  const { commandField } = found;
  if (typeof commandField !== 'number') throw invalid('a command set without its command field');
  // Each name was filled by the type that its VR has.
  return {
    ...(found as Omit<CommandSet, 'hasDataSet'>),
    commandField,
    hasDataSet: dataSetType !== noDataSet,
  };
}

const readNumber = (value: Buffer): number | undefined =>
  value.length >= 2 ? value.readUInt16LE(0) : undefined;

function readText(value: Buffer): string | undefined {
  const text = value
    .toString('latin1')
    .replace(/[\0 ]+$/, '')
    .trimStart();
  return text === '' ? undefined : text;
}
