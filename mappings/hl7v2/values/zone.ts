/** Formatters are costly to make and to ask, so both they and their answers (per quarter of an hour) are kept. */
const formatters = new Map<string, Intl.DateTimeFormat>();
const answers = new Map<string, string>();
const answersMax = 20_000;

/**
 * Offset (`+01:00`) of a zone at a local time. In the hour that a clock change repeats it is the earlier moment; in the hour that one
 * skips, the offset before the change.
 */
export function offsetAt(zone: string, date: string, hour: string, minute: string): string {
  const quarter = Math.floor(Number(minute) / 15) * 15;
  const key = `${zone} ${date} ${hour} ${quarter}`;
  const known = answers.get(key);
  if (known !== undefined) return known;
  if (answers.size >= answersMax) answers.clear();
  const localMs = Date.UTC(
    Number(date.slice(0, 4)),
    Number(date.slice(5, 7)) - 1,
    Number(date.slice(8, 10)),
    Number(hour),
    quarter,
  );
  const offset = printOffset(offsetMinutes(zone, localMs));
  answers.set(key, offset);
  return offset;
}

/** RFC 3339 text of a moment in a zone, milliseconds kept only when there are any. */
export function printMoment(ms: number, zone: string): string {
  const minutes = minutesAt(zone, ms);
  const local = new Date(ms + minutes * 60_000).toISOString().slice(0, -1);
  return `${local.endsWith('.000') ? local.slice(0, -4) : local}${printOffset(minutes)}`;
}

function offsetMinutes(zone: string, localMs: number): number {
  const dayBefore = minutesAt(zone, localMs - 86_400_000);
  const dayAfter = minutesAt(zone, localMs + 86_400_000);
  const fits = (minutes: number): boolean => minutesAt(zone, localMs - minutes * 60_000) === minutes;
  return fits(dayBefore) || !fits(dayAfter) ? dayBefore : dayAfter;
}

function minutesAt(zone: string, ms: number): number {
  let formatter = formatters.get(zone);
  if (formatter === undefined) {
    formatter = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
    });
    formatters.set(zone, formatter);
  }
  const part: { [type: string]: number } = {};
  for (const { type, value } of formatter.formatToParts(ms)) part[type] = Number(value);
  const local = Date.UTC(part.year!, part.month! - 1, part.day!, part.hour!, part.minute!);
  return Math.round((local - Math.floor(ms / 60_000) * 60_000) / 60_000);
}

function printOffset(minutes: number): string {
  const size = Math.abs(minutes);
  const two = (n: number): string => String(n).padStart(2, '0');
  return `${minutes < 0 ? '-' : '+'}${two(Math.floor(size / 60))}:${two(size % 60)}`;
}
