import type { FhirObject } from '../../bundle/bundle.ts';
import { pathOf } from '../run.ts';
import { readDateTime } from './date-time.ts';
import { periodOf } from './period.ts';
import { type Convert, partAt, type ValueType } from './value-type.ts';

const equipment: { readonly [code: string]: string } = {
  PH: 'phone',
  CP: 'phone',
  FX: 'fax',
  MD: 'other',
  SAT: 'other',
  TDD: 'other',
  TTY: 'other',
  BP: 'pager',
  INTERNET: 'email',
  'X.400': 'email',
};
const uses: { readonly [code: string]: string } = {
  PRN: 'home',
  ORN: 'home',
  VHN: 'home',
  WPN: 'work',
  PRS: 'mobile',
};
const taken = [1, 2, 3, 4, 5, 6, 7, 8, 12, 13, 14, 18];

/**
 * XTN (HL7 v2.5.1 2.A.89) as ContactPoint. The value is the mail address (.4), the text as sent (.12), the number put together of its parts, or
 * the old first component, in this order. A cell phone (.3 CP) is of use mobile, as R4 has no such system.
 */
export const contactPoint: ValueType = {
  yields: ['ContactPoint'],
  covers: taken.reduce<('leaf' | undefined)[]>((parts, n) => {
    parts[n] = 'leaf';
    return parts;
  }, []),
  isSelfContained: true,
  recurs: true,
  compile: () => contactPointOf,
};

const contactPointOf: Convert = (run, segment, field, rep, component, subcomponent) => {
  const part = (n: number): string => partAt(segment, field, rep, component, subcomponent, n);
  const mail = part(4);
  const value = mail || part(12) || joined(part(5), part(6), part(7), part(8)) || part(1);
  if (value === '') return undefined;
  const kind = part(3).toUpperCase();
  const useCode = part(2).toUpperCase();
  const isMail = mail !== '' || useCode === 'NET' || /^[^@\s]+@[^@\s]+$/.test(value);
  const point: FhirObject = {
    system: isMail ? 'email' : useCode === 'BPN' ? 'pager' : (equipment[kind] ?? 'phone'),
    value,
  };
  const use = kind === 'CP' ? 'mobile' : uses[useCode];
  if (use !== undefined) point.use = use;
  const rank = part(18);
  if (/^[1-9]\d{0,8}$/.test(rank)) point.rank = Number(rank);
  const zone = run.site.settings.zone;
  const start = readDateTime(part(13), run.messageOffset, zone).text;
  const end = readDateTime(part(14), run.messageOffset, zone).text;
  const period = periodOf(run, () => pathOf(run, segment, field, rep, component, subcomponent), start, end);
  if (period !== undefined) point.period = period;
  return point;
};

function joined(country: string, area: string, local: string, extension: string): string {
  if (local === '') return '';
  const prefix = country === '' ? '' : `+${country.replace(/^\+/, '')}`;
  const number = [prefix, area, local].filter((text) => text !== '').join(' ');
  return extension === '' ? number : `${number} x${extension}`;
}
