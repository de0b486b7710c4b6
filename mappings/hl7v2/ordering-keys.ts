import { BitHiveError } from '../../core/errors.ts';
import { compilePathAll, type Hl7Message } from '../../formats/hl7v2/index.ts';

/** Events that join, move, relink or swap records: they touch every person in PID, and the one named in MRG (HL7 v2.5.1 3.3.17 to 3.3.60). */
const mergeEvents: ReadonlySet<string> = new Set([
  'A17',
  'A18',
  'A24',
  'A30',
  'A34',
  'A35',
  'A36',
  'A37',
  'A39',
  'A40',
  'A41',
  'A42',
  'A43',
  'A44',
  'A45',
  'A46',
  'A47',
  'A48',
  'A49',
  'A50',
  'A51',
]);

/** Where MRG holds the prior value of a field (HL7 v2.5.1 3.4.9). */
const priorField: { readonly [field: string]: string } = {
  'PID-2': 'MRG-4',
  'PID-3': 'MRG-1',
  'PID-4': 'MRG-2',
  'PID-18': 'MRG-3',
  'PV1-19': 'MRG-5',
  'PV1-50': 'MRG-6',
};

/**
 * Reads the ordering keys of a message: the value at `keyPath` (`PID-3.1`) in its first segment and repetition. A merge gives every
 * value there and every prior value in MRG, so that it waits for, and holds back, both patients. None when the field is empty.
 *
 * Throws BH_HL7_PATH when the path is none.
 */
export function orderingKeys(keyPath: string): (message: Hl7Message) => readonly string[] {
  const readAll = compilePathAll(keyPath);
  const match = /^([A-Z][A-Z0-9]{2}-\d+)(.*)$/.exec(keyPath);
  if (match === null)
    throw new BitHiveError('BH_HL7_PATH', `${keyPath}: name a field without a segment number`);
  const prior = priorField[match[1]!];
  const readPrior = prior === undefined ? () => [] : compilePathAll(`${prior}${match[2]}`);
  return (message) => {
    const current = readAll(message);
    if (!isMerge(message)) return current.slice(0, 1).filter(isKey);
    return [...new Set([...current, ...readPrior(message)])].filter(isKey);
  };
}

export function isMerge(message: Hl7Message): boolean {
  const header = message.first('MSH');
  return header?.get(9, 1, 1) === 'ADT' && mergeEvents.has(header.get(9, 1, 2));
}

const isKey = (value: string): boolean => value !== '' && value !== '""';
