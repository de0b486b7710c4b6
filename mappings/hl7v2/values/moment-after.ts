import type { TimeUnit } from './time-unit.ts';

const seconds: { readonly [unit in TimeUnit]?: number } = { s: 1, min: 60, h: 3600, d: 86_400, wk: 604_800 };

/**
 * The end of what begins at a moment and takes so long: a FHIR dateTime with its offset, or a date and whole days. Months and years have no
 * fixed length and are not counted.
 */
export function momentAfter(start: string, count: number, unit: TimeUnit): string | undefined {
  const length = count * (seconds[unit] ?? 0) * 1000;
  if (length <= 0) return undefined;
  if (/^\d{4}-\d{2}-\d{2}$/.test(start)) {
    return length % 86_400_000 === 0
      ? printed(Date.parse(`${start}T00:00:00Z`) + length)?.slice(0, 10)
      : undefined;
  }
  const offset = /[+-]\d{2}:\d{2}$/.exec(start)?.[0];
  if (offset === undefined) return undefined;
  // The wall clock of the offset is added to as if it were UTC, so that the end has the same offset.
  const clock = Date.parse(`${start.slice(0, -offset.length)}Z`);
  const end = printed(clock + length);
  return end === undefined ? undefined : `${end.replace(/\.000Z$/, '').replace(/Z$/, '')}${offset}`;
}

const printed = (ms: number): string | undefined =>
  Math.abs(ms) <= 8.64e15 && !Number.isNaN(ms) && ms < 253_402_300_800_000
    ? new Date(ms).toISOString()
    : undefined;
