import type { Hl7Segment } from '../../../formats/hl7v2/index.ts';
import { pathOf, type Run } from '../run.ts';
import { readDateTime } from './date-time.ts';
import { shown } from './primitives.ts';
import { partAt, type RowOptions, textAt, type ValueType } from './value-type.ts';

/** Seconds in the UCUM units that a table of units may give. */
const secondsIn: { readonly [ucum: string]: number } = { s: 1, min: 60, h: 3600, d: 86_400, wk: 604_800 };

/**
 * Times of an appointment that are counted, not written (HL7 v2.5.1 10.6.1, 10.6.4 to 10.6.7): an offset or a length, with its unit in
 * the field behind it. HL7 reads a number without a unit as seconds, senders mean minutes: such a number is not taken, and said.
 */
export const scheduledTypes: { readonly [as: string]: ValueType } = {
  /** On SCH-9: start of the appointment and its length. */
  'SCH>end': counted(['instant', 'dateTime'], (run, place, options) => {
    const seconds = lengthAt(run, place, options);
    return seconds === undefined ? undefined : shifted(appointmentStart(run), seconds);
  }),
  /** On SCH-9: whole minutes. */
  'SCH>minutes': counted(['positiveInt'], (run, place, options) => {
    const minutes = (lengthAt(run, place, options) ?? 0) / 60;
    return Number.isInteger(minutes) && minutes > 0 ? minutes : undefined;
  }),
  /** On the offset of a resource (AIS-5, AIG-9, AIL-7, AIP-7): so long after the start of the appointment. */
  'AIX>start': counted(['dateTime'], (run, place, options) => {
    const seconds = lengthAt(run, place, options);
    return seconds === undefined ? undefined : shifted(appointmentStart(run), seconds);
  }),
  /** On the length of a resource (AIS-7, AIG-11, AIL-9, AIP-9): so long after its own start or offset, three and two fields in front. */
  'AIX>end': counted(['dateTime', 'instant'], (run, place, options) => {
    const seconds = lengthAt(run, place, options);
    if (seconds === undefined) return undefined;
    const [segment, field] = place;
    const own = momentAt(run, segment, field - 3);
    if (own !== undefined) return shifted(own, seconds);
    const offset = lengthAt(run, [segment, field - 2, 1, 0, 0], options) ?? 0;
    return shifted(appointmentStart(run), offset + seconds);
  }),
};

type InSegment = readonly [
  segment: Hl7Segment,
  field: number,
  rep: number,
  component: number,
  subcomponent: number,
];

function counted(
  yields: readonly string[],
  read: (run: Run, place: InSegment, options: RowOptions) => string | number | undefined,
): ValueType {
  return {
    yields,
    covers: 'leaf',
    needsTable: true,
    compile:
      (options) =>
      (run, ...place) =>
        read(run, place, options),
  };
}

function lengthAt(run: Run, place: InSegment, { table }: RowOptions): number | undefined {
  const [segment, field] = place;
  const sent = textAt(...place);
  if (sent === '') return undefined;
  const unit = [1, 2].map((n) => partAt(segment, field + 1, 1, 0, 0, n));
  const ucum = unit.map((name) => (name === '' ? undefined : table?.find(name)?.target)).find(Boolean);
  const seconds = /^\d{1,7}(\.\d{1,3})?$/.test(sent) ? Number(sent) * (secondsIn[ucum ?? ''] ?? 0) : 0;
  if (seconds > 0) {
    take(run, segment, field + 1);
    return seconds;
  }
  const why = unit[0] === '' ? 'no unit' : `unit ${shown(unit[0]!)}`;
  if (Number(sent) !== 0)
    run.issue('warning', 'value', pathOf(run, ...place), `${shown(sent)}, ${why}: no length of time`);
  return undefined;
}

const take = (run: Run, segment: Hl7Segment, field: number): void =>
  run.take(segment, field, { rep: 0, component: 0, subcomponent: 0, covers: 'all' });

/** Where an appointment's start may stand, the surest first. */
const starts: readonly (readonly [name: string, field: number, component: number])[] = [
  ['SCH', 11, 4],
  ['TQ1', 7, 1],
  ['AIS', 4, 1],
  ['AIG', 8, 1],
  ['AIL', 6, 1],
  ['AIP', 6, 1],
];

function appointmentStart(run: Run): string | undefined {
  for (const [name, field, component] of starts) {
    const segment = run.message.first(name);
    const moment = segment && momentAt(run, segment, field, component);
    if (moment !== undefined) return moment;
  }
  return undefined;
}

function momentAt(run: Run, segment: Hl7Segment, field: number, component = 1): string | undefined {
  const sent = textAt(segment, field, 1, component, 0);
  const { precision, text } = readDateTime(sent, run.messageOffset, run.site.settings.zone);
  return precision === 'time' ? text : undefined;
}

/** A moment later, under the same offset. */
function shifted(moment: string | undefined, seconds: number): string | undefined {
  if (moment === undefined) return undefined;
  const offset = moment.slice(-6);
  const minutes = Number(`${offset[0]}1`) * (Number(offset.slice(1, 3)) * 60 + Number(offset.slice(4)));
  const local = new Date(Date.parse(moment) + seconds * 1000 + minutes * 60_000);
  const text = Number.isNaN(local.getTime()) ? '' : local.toISOString().slice(0, -1);
  return text === '' ? undefined : `${text.endsWith('.000') ? text.slice(0, -4) : text}${offset}`;
}
