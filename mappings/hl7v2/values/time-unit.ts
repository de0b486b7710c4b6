import type { FhirObject } from '../../bundle/bundle.ts';

/** Units of time as FHIR and UCUM write them (value set units-of-time). */
export type TimeUnit = 's' | 'min' | 'h' | 'd' | 'wk' | 'mo' | 'a';

const words: { readonly [word: string]: TimeUnit } = {
  s: 's',
  sec: 's',
  secs: 's',
  second: 's',
  seconds: 's',
  min: 'min',
  mins: 'min',
  minute: 'min',
  minutes: 'min',
  h: 'h',
  hr: 'h',
  hrs: 'h',
  hour: 'h',
  hours: 'h',
  d: 'd',
  day: 'd',
  days: 'd',
  w: 'wk',
  wk: 'wk',
  wks: 'wk',
  week: 'wk',
  weeks: 'wk',
  mo: 'mo',
  mon: 'mo',
  mos: 'mo',
  month: 'mo',
  months: 'mo',
  a: 'a',
  y: 'a',
  yr: 'a',
  yrs: 'a',
  year: 'a',
  years: 'a',
};

/** A unit of time by its word or UCUM code; a bare `m` is none: it may be a minute, a month or a metre. */
export const timeUnit = (text: string): TimeUnit | undefined => {
  const word = text.trim().toLowerCase();
  return Object.hasOwn(words, word) ? words[word] : undefined;
};

const letters: { readonly [letter: string]: TimeUnit } = {
  S: 's',
  M: 'min',
  H: 'h',
  D: 'd',
  W: 'wk',
  L: 'mo',
};

/** `H6`, `D10`: the time units of TQ.3 and RXE-22 (HL7 v2.5.1 4.3.3). */
export function timeSpan(text: string): { readonly count: number; readonly unit: TimeUnit } | undefined {
  const [, letter = '', digits = ''] = /^([SMHDWL])(\d{1,6})$/.exec(text.trim().toUpperCase()) ?? [];
  const unit = letters[letter];
  return unit === undefined || Number(digits) === 0 ? undefined : { count: Number(digits), unit };
}

export const unitOfLetter = (letter: string): TimeUnit | undefined => letters[letter];

export const durationOf = (count: number, unit: TimeUnit): FhirObject => ({
  value: count,
  unit,
  system: 'http://unitsofmeasure.org',
  code: unit,
});
