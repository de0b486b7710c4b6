import { limits } from '../../core/limits.ts';
import type { SearchKey, SearchKeyName } from '../../core/message.ts';
import type { Hl7Message, Hl7Segment } from '../../formats/hl7v2/index.ts';

type Fields = readonly (readonly [name: SearchKeyName, field: number])[];

/** Where the names stand under which an operator looks for a message; always the first component, in every repetition. */
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
const segmentNames = Object.keys(fieldsOfSegment);

/** Distinct search keys of a message, at most `limits.searchKeysPerMessageMax`. */
export function searchKeysOf(message: Hl7Message): readonly SearchKey[] {
  const keys: SearchKey[] = [];
  for (const name of segmentNames) {
    for (const segment of segmentsOf(message, name)) {
      for (const [key, field] of fieldsOfSegment[name]!) addValues(keys, key, segment, field);
      if (keys.length >= limits.searchKeysPerMessageMax) return keys;
    }
  }
  return keys;
}

/** Most messages have one segment of each name, and a look-up of one is cheaper than the directory of all. */
function segmentsOf(message: Hl7Message, name: string): readonly Hl7Segment[] {
  const first = message.first(name);
  if (first === undefined) return [];
  const isSingle = name === 'MSH' || name === 'PID' || name === 'PV1';
  return isSingle ? [first] : message.all(name);
}

function addValues(keys: SearchKey[], name: SearchKeyName, segment: Hl7Segment, field: number): void {
  const reps = segment.repetitions(field);
  for (let rep = 1; rep <= reps && keys.length < limits.searchKeysPerMessageMax; rep++) {
    const value = segment.get(field, rep).slice(0, limits.searchKeyCharsMax);
    if (value === '' || value === '""') continue;
    if (!keys.some(([otherName, other]) => other === value && otherName === name)) keys.push([name, value]);
  }
}
