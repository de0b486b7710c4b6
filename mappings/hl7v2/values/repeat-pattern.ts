import type { FhirObject } from '../../bundle/bundle.ts';
import { unitOfLetter } from './time-unit.ts';

export const weekdays = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;

/** Events of HL7 table 0528 that FHIR has too (value set event-timing); "between meals" is not among them. */
export const eventTimings: ReadonlySet<string> = new Set(
  'HS WAKE C CM CD CV AC ACM ACD ACV PC PCM PCD PCV'.split(' '),
);

const perDay: { readonly [code: string]: number } = { QD: 1, DAILY: 1, BID: 2, TID: 3, QID: 4, QSHIFT: 3 };
const partOfDay: { readonly [code: string]: string } = { QAM: 'MORN', QPM: 'EVE', QHS: 'HS' };

/**
 * What a repeat pattern (HL7 table 0335) says in numbers; nothing for one that says none (`C`, `PRN`), or that is a site's own. `PRN` before a
 * pattern leaves it as it is.
 */
export function repeatOf(sent: string): FhirObject | undefined {
  const code = sent
    .toUpperCase()
    .replace(/\s+/g, '')
    .replace(/^PRN(?=.)/, '');
  if (code === 'ONCE') return { count: 1 };
  if (Object.hasOwn(perDay, code)) return { frequency: perDay[code]!, period: 1, periodUnit: 'd' };
  if (code === 'QOD') return { frequency: 1, period: 2, periodUnit: 'd' };
  const when = Object.hasOwn(partOfDay, code) ? partOfDay[code] : eventTimings.has(code) ? code : undefined;
  // A bare C is "continuously" here, not "with a meal".
  if (when !== undefined && code !== 'C') return { frequency: 1, period: 1, periodUnit: 'd', when: [when] };
  return everyOf(code);
}

/** `Q6H`, `QH`, `5ID`, `Q2J1` (every second Monday). */
function everyOf(code: string): FhirObject | undefined {
  const [, count = '', letter = ''] = /^Q(\d{0,4})([SMHDWL])$/.exec(code) ?? [];
  const unit = unitOfLetter(letter);
  if (unit !== undefined) return every(count, unit);
  const [, times = ''] = /^(\d{1,2})ID$/.exec(code) ?? [];
  if (times !== '')
    return Number(times) === 0 ? undefined : { frequency: Number(times), period: 1, periodUnit: 'd' };
  const [, weeks = '', day = ''] = /^Q(\d{0,2})J([1-7]{1,7})$/.exec(code) ?? [];
  if (day === '') return undefined;
  const repeat = every(weeks, 'wk');
  const days = [...new Set(day)].map((one) => weekdays[Number(one) - 1]!);
  return repeat && { ...repeat, dayOfWeek: days };
}

function every(count: string, periodUnit: string): FhirObject | undefined {
  const period = count === '' ? 1 : Number(count);
  return period === 0 ? undefined : { frequency: 1, period, periodUnit };
}
