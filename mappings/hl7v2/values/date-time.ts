import { offsetAt } from './zone.ts';

/** An HL7 date and time (HL7 v2.5.1 2.A.22) as FHIR text, and what had to be left behind. */
export interface DateTimeReading {
  /** Longest part that is right: `2024`, `2024-02`, `2024-02-29`, or with time and offset. Absent: nothing of it is right. */
  readonly text?: string;
  readonly precision: 'none' | 'year' | 'month' | 'day' | 'time';
  readonly fault?: string;
}

const grammar =
  /^(\d{4})(?:(\d{2})(?:(\d{2})(?:(\d{2})(?:(\d{2})(?:(\d{2})(?:\.(\d{1,9}))?)?)?)?)?)?([+-]\d{4})?$/;
const offsetForm = /^[+-](0\d|1[0-4])[0-5]\d$/;
const none: DateTimeReading = { precision: 'none' };

/**
 * The offset is the value's own, else the message's (MSH-7), else the site zone's at that moment; never the host's. Without any, the
 * time is dropped and the date stays. An impossible part ends the value before it: 20240230 gives 2024-02. FHIR knows no time without
 * minutes and seconds: they are filled with zeros.
 */
export function readDateTime(
  sent: string,
  messageOffset: string | undefined,
  zone: string | undefined,
): DateTimeReading {
  const text = sent.trim();
  if (text === '') return none;
  return readWhole(text, messageOffset) ?? readParts(text, messageOffset, zone);
}

const wholeForm = /^\d{14}(?:[+-]\d{4})?$/;

/** The form that nearly every sender uses, to the second and with an offset, where nothing of it is wrong; null: read it part by part. */
function readWhole(text: string, messageOffset: string | undefined): DateTimeReading | null {
  if (!wholeForm.test(text)) return null;
  const [year, month, day] = [text.slice(0, 4), text.slice(4, 6), text.slice(6, 8)];
  const [hour, minute, second] = [text.slice(8, 10), text.slice(10, 12), text.slice(12, 14)];
  const offset = text.length > 14 ? text.slice(14) : messageOffset;
  // Days past the 28th depend on the month: those are looked at closely.
  const isDay = year !== '0000' && month >= '01' && month <= '12' && day >= '01' && day <= '28';
  if (!isDay || hour > '23' || minute > '59' || second > '59') return null;
  if (offset === undefined || !offsetForm.test(offset)) return null;
  const clock = `${hour}:${minute}:${second}${offset.slice(0, 3)}:${offset.slice(3)}`;
  return { text: `${year}-${month}-${day}T${clock}`, precision: 'time' };
}

function readParts(
  text: string,
  messageOffset: string | undefined,
  zone: string | undefined,
): DateTimeReading {
  const match = grammar.exec(text);
  if (match === null) return readPrefix(text, messageOffset, zone);
  const [, year, month, day, hour, minute, second, fraction, ownOffset] = match;
  if (year === '0000') return { precision: 'none', fault: 'the year is 0000' };
  if (month === undefined) return { text: year!, precision: 'year' };
  if (month < '01' || month > '12') return { text: year!, precision: 'year', fault: `no month ${month}` };
  const upToMonth = `${year}-${month}`;
  if (day === undefined) return { text: upToMonth, precision: 'month' };
  if (day < '01' || Number(day) > daysIn(Number(year), Number(month))) {
    return { text: upToMonth, precision: 'month', fault: `no day ${day} in ${upToMonth}` };
  }
  const date = `${upToMonth}-${day}`;
  if (hour === undefined) return { text: date, precision: 'day' };
  const time = readTime(hour, minute, second, fraction);
  if (time === null) return { text: date, precision: 'day', fault: 'no such time of day' };
  const offset = offsetOf(ownOffset, messageOffset, zone, date, hour, minute ?? '00');
  if (offset === null)
    return { text: date, precision: 'day', fault: 'the time has no offset and the site no zone' };
  const fault = ownOffset !== undefined && !offsetForm.test(ownOffset) ? `no offset ${ownOffset}` : undefined;
  return { text: `${date}T${time}${offset}`, precision: 'time', ...(fault === undefined ? {} : { fault }) };
}

/** Year, month and day only, as FHIR `date`. */
export function readDate(sent: string): DateTimeReading {
  const reading = readDateTime(sent, '+0000', undefined);
  if (reading.precision !== 'time') return reading;
  return { ...reading, text: reading.text!.slice(0, 10), precision: 'day' };
}

/** HL7 TM (HL7 v2.5.1 2.A.75) as FHIR `time`; the offset has no place there. */
export function readTimeOfDay(sent: string): string | null {
  const match = /^(\d{2})(\d{2})(?:(\d{2})(?:\.(\d{1,9}))?)?(?:[+-]\d{4})?$/.exec(sent.trim());
  return match === null ? null : readTime(match[1]!, match[2], match[3], match[4]);
}

/** Own offset of MSH-7, for values that carry none. */
export function offsetIn(sent: string): string | undefined {
  const offset = grammar.exec(sent.trim())?.[8];
  return offset !== undefined && offsetForm.test(offset) ? offset : undefined;
}

/** Not of the form: the digits in front that are still of it (`2024-01-02`, `20240102 1130`, `202401XX`). */
function readPrefix(
  text: string,
  messageOffset: string | undefined,
  zone: string | undefined,
): DateTimeReading {
  const digits = /^\d*/.exec(text)?.[0] ?? '';
  const length = [14, 12, 10, 8, 6, 4].find((n) => n <= digits.length && n < text.length);
  const fault = 'not a date and time';
  if (length === undefined) return { precision: 'none', fault };
  return { ...readDateTime(digits.slice(0, length), messageOffset, zone), fault };
}

function readTime(hour: string, minute = '00', second = '00', fraction?: string): string | null {
  if (hour > '23' || minute > '59' || second > '59') return null;
  return `${hour}:${minute}:${second}${fraction === undefined ? '' : `.${fraction}`}`;
}

function offsetOf(
  own: string | undefined,
  messageOffset: string | undefined,
  zone: string | undefined,
  date: string,
  hour: string,
  minute: string,
): string | null {
  const sent = own !== undefined && offsetForm.test(own) ? own : messageOffset;
  if (sent !== undefined) return `${sent.slice(0, 3)}:${sent.slice(3)}`;
  return zone === undefined ? null : offsetAt(zone, date, hour, minute);
}

function daysIn(year: number, month: number): number {
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}
