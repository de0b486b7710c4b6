import { limits } from '../../core/limits.ts';
import type { SearchKey, SearchKeyName } from '../../core/message.ts';
import { type Hl7Message, type Hl7Segment, standardDelimiters } from '../../formats/hl7v2/index.ts';

type Fields = readonly (readonly [name: SearchKeyName, field: number])[];

/** Where the names stand under which an operator looks for a message; always the first component, in every repetition. Fields ascend. */
const fieldsOfSegment: Readonly<Record<string, Fields>> = {
  MSH: [['control-id', 10]],
  PID: [
    ['mrn', 3],
    ['visit', 18],
  ],
  MRG: [
    ['mrn', 1],
    ['visit', 5],
  ],
  PV1: [['visit', 19]],
  ORC: [
    ['order', 2],
    ['order', 3],
  ],
  OBR: [
    ['order', 2],
    ['order', 3],
    ['accession', 18],
  ],
  IPC: [
    ['accession', 1],
    ['study-uid', 3],
  ],
  ZDS: [['study-uid', 1]],
};
const segments = Object.entries(fieldsOfSegment);

/** Distinct search keys of a message, at most `limits.searchKeysPerMessageMax`. */
export function searchKeysOf(message: Hl7Message): readonly SearchKey[] {
  const keys: SearchKey[] = [];
  const isStandard = message.delimiters === standardDelimiters;
  for (const [name, fields] of segments) {
    for (const segment of segmentsOf(message, name)) {
      // The header was split already.
      if (isStandard && name !== 'MSH') scan(keys, segment, fields);
      else for (const [key, field] of fields) addValues(keys, key, segment, field);
      if (keys.length >= limits.searchKeysPerMessageMax) return keys;
    }
  }
  return keys;
}

const none: readonly Hl7Segment[] = [];

/** Most messages have one segment of each name, and a look-up of one is cheaper than the directory of all. */
function segmentsOf(message: Hl7Message, name: string): readonly Hl7Segment[] {
  const first = message.first(name);
  if (first === undefined) return none;
  const isSingle = name === 'MSH' || name === 'PID' || name === 'PV1';
  return isSingle ? [first] : message.all(name);
}

/**
 * The few fields of a segment with the standard separators, without the split of the whole segment that reading a field would do: accepting
 * needs two of thirty. Fields that repeat or hold an escape are left to the segment.
 */
function scan(keys: SearchKey[], segment: Hl7Segment, fields: Fields): void {
  const { text } = segment;
  let field = 0;
  let start = 0;
  for (const [name, wanted] of fields) {
    for (; field < wanted; field++) {
      start = text.indexOf('|', start) + 1;
      if (start === 0) return;
    }
    const value = plainValue(text, start);
    if (value === null) addValues(keys, name, segment, wanted);
    else addValue(keys, name, value);
  }
}

/** The first component and subcomponent of the field that begins here, null when it is not plain. */
function plainValue(text: string, start: number): string | null {
  let end = -1;
  let at = start;
  for (; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x7c) break;
    if (code === 0x7e || code === 0x5c) return null;
    if (end < 0 && (code === 0x5e || code === 0x26)) end = at;
  }
  return text.slice(start, end < 0 ? at : end);
}

function addValues(keys: SearchKey[], name: SearchKeyName, segment: Hl7Segment, field: number): void {
  const reps = segment.repetitions(field);
  for (let rep = 1; rep <= reps; rep++) addValue(keys, name, segment.get(field, rep));
}

function addValue(keys: SearchKey[], name: SearchKeyName, whole: string): void {
  if (whole === '' || whole === '""' || keys.length >= limits.searchKeysPerMessageMax) return;
  const value = whole.length > limits.searchKeyCharsMax ? whole.slice(0, limits.searchKeyCharsMax) : whole;
  for (const [otherName, other] of keys) if (other === value && otherName === name) return;
  keys.push([name, value]);
}
