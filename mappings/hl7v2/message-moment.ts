import type { Hl7Message } from '../../formats/hl7v2/index.ts';
import { readDateTime } from './values/date-time.ts';
import { offsetAt } from './values/zone.ts';

/** Fields that say when a message was made, or what it tells was recorded, the best first. */
const fields = [
  ['MSH', 7],
  ['EVN', 2],
  ['EVN', 6],
  ['ORC', 9],
  ['OBR', 22],
  ['OBR', 7],
  ['TXA', 6],
  ['FT1', 4],
] as const;

/**
 * The moment of a message that nobody received, because it lies in a file: the first that it names, a day counting from its beginning. Never a
 * clock's: the same file must give the same Bundle. 1970-01-01 where it names none.
 */
export function momentOfMessage(message: Hl7Message, zone: string): number {
  for (const [segment, field] of fields) {
    const { text, precision } = readDateTime(message.first(segment)?.get(field) ?? '', undefined, zone);
    if (text === undefined) continue;
    if (precision === 'time') return Date.parse(text);
    if (precision === 'day') return Date.parse(`${text}T00:00:00${offsetAt(zone, text, '00', '00')}`);
  }
  return 0;
}
