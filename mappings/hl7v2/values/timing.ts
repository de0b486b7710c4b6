import type { FhirObject, FhirValue } from '../../bundle/bundle.ts';
import type { CodeTable } from '../compiler/code-table.ts';
import { pathOf } from '../run.ts';
import { spanOf } from './amount.ts';
import { readDateTime, readTimeOfDay } from './date-time.ts';
import { momentAfter } from './moment-after.ts';
import { readNumber } from './number.ts';
import { periodOf } from './period.ts';
import { eventTimings, repeatOf, weekdays } from './repeat-pattern.ts';
import { durationOf, timeSpan, timeUnit } from './time-unit.ts';
import { type Convert, clean, partAt, type RowOptions, textAt, type ValueType } from './value-type.ts';

type Place = Parameters<Convert>;

/**
 * RPT and TQ (HL7 v2.5.1 2.A.65, 2.A.83) as Timing. A field with several patterns (morning `~` bedtime) has no single Timing: it becomes the
 * text of one, because half of a schedule is a wrong schedule.
 */
export function timingTypes(concept: ValueType): { readonly [as: string]: ValueType } {
  const covers = 'all' as const;
  const timing =
    (read: (code: Convert, place: Place) => FhirObject | undefined) =>
    (options: RowOptions): Convert => {
      const code = concept.compile({ ...options, ...systemOf(options.table) });
      return (...place) => {
        const [, segment, field] = place;
        return segment.repetitions(field) > 1 ? asText(place) : read(code, place);
      };
    };
  return {
    'RPT>Timing': { yields: ['Timing'], covers, compile: timing(patternOf) },
    'TQ1>end': { yields: ['dateTime'], covers: 'all', compile: () => endOf },
    'TQ>Timing': { yields: ['Timing'], covers, compile: timing(quantityTimingOf) },
  };
}

const systemOf = (_table: CodeTable | undefined) => ({
  codes: 'http://terminology.hl7.org/CodeSystem/v2-0335',
});

function asText([, segment, field]: Place): FhirObject | undefined {
  const texts: string[] = [];
  for (let rep = 1; rep <= segment.repetitions(field); rep++) texts.push(clean(segment.value(field, rep)));
  const text = texts.filter((one) => one !== '').join('; ');
  return text === '' ? undefined : { code: { text } };
}

function patternOf(code: Convert, place: Place): FhirObject | undefined {
  const [run, segment, field, rep] = place;
  const part = (n: number): string => textAt(segment, field, rep, n, 0);
  const repeat: FhirObject = { ...repeatOf(part(1)) };
  const period = readNumber(part(5));
  const unit = timeUnit(part(6));
  const isOnce = repeat.count !== undefined;
  if (!isOnce && period !== null && unit !== undefined && /^[0-9.]*[1-9]/.test(period.digits)) {
    Object.assign(repeat, {
      frequency: repeat.frequency ?? 1,
      period: Number(period.digits),
      periodUnit: unit,
    });
  }
  if (part(2) === 'DW') {
    const days = daysFrom(part(3), part(4));
    if (days.length > 0) repeat.dayOfWeek = days;
  }
  const event = part(8).toUpperCase();
  if (eventTimings.has(event)) {
    repeat.when = [event];
    const offset = minutesOf(part(9), part(10));
    if (offset !== undefined && !event.startsWith('C')) repeat.offset = offset;
  }
  // A time of day and an event exclude each other (tim-10): the time of TQ1-4 says more.
  if (repeat.when !== undefined && segment.name === 'TQ1' && segment.has(4)) {
    delete repeat.when;
    delete repeat.offset;
  }
  return timingWith(code(run, segment, field, rep, 1, 0), repeat);
}

function quantityTimingOf(code: Convert, place: Place): FhirObject | undefined {
  const [run, segment, field, rep] = place;
  const repeat: FhirObject = { ...repeatOf(partAt(segment, field, rep, 2, 0, 1)) };
  const times = partAt(segment, field, rep, 2, 0, 2).split(',').map(readTimeOfDay);
  if (times.length > 0 && times.every((one) => one !== null)) {
    repeat.timeOfDay = times;
    delete repeat.when;
  }
  const part = (n: number): string => textAt(segment, field, rep, n, 0);
  const start = readDateTime(part(4), run.messageOffset, run.site.settings.zone).text;
  const span = timeSpan(part(3));
  const end =
    readDateTime(part(5), run.messageOffset, run.site.settings.zone).text ??
    (start === undefined || span === undefined ? undefined : momentAfter(start, span.count, span.unit));
  const times12 = /^X(\d{1,6})$/.exec(part(3))?.[1] ?? part(12);
  if (/^[1-9]\d{0,5}$/.test(times12)) repeat.count = Number(times12);
  const bounds = periodOf(run, () => pathOf(run, segment, field, rep), start, end);
  if (bounds !== undefined) repeat.boundsPeriod = bounds;
  else if (span !== undefined) repeat.boundsDuration = durationOf(span.count, span.unit);
  return timingWith(code(run, segment, field, rep, 2, 1), repeat);
}

function timingWith(code: FhirValue | undefined, repeat: FhirObject): FhirObject | undefined {
  const hasRepeat = Object.keys(repeat).length > 0;
  if (code === undefined && !hasRepeat) return undefined;
  return { ...(hasRepeat ? { repeat } : {}), ...(code === undefined ? {} : { code }) };
}

/** On TQ1-6 (how long) beside TQ1-7 (from when): the end. */
const endOf: Convert = (run, segment, field, rep, component, subcomponent) => {
  const start = readDateTime(textAt(segment, 7, 1, 0, 0), run.messageOffset, run.site.settings.zone).text;
  const place = [run, segment, field, rep, component, subcomponent] as const;
  const span = start === undefined ? undefined : spanOf([...place]);
  return span && momentAfter(start!, span.count, span.unit);
};

/** Day 1 is Monday (RPT.2 DW); a begin and an end are all days from the one to the other. */
function daysFrom(begin: string, end: string): string[] {
  const [first, last] = [Number(begin), Number(end === '' ? begin : end)];
  const isDay = (day: number): boolean => Number.isInteger(day) && day >= 1 && day <= 7;
  if (!isDay(first) || !isDay(last)) return [];
  const days = [weekdays[first - 1]!];
  for (let day = first; day !== last; days.push(weekdays[day - 1]!)) day = (day % 7) + 1;
  return days;
}

function minutesOf(quantity: string, unit: string): number | undefined {
  const factor = { min: 1, h: 60, d: 1440 }[timeUnit(unit) as 'min' | 'h' | 'd'];
  if (factor === undefined || !/^\d{1,6}$/.test(quantity)) return undefined;
  return Number(quantity) * factor;
}
