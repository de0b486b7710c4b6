const dayMs = 86_400_000;

/**
 * A DA or the date of a DT (PS3.5 6.2), moved by whole days; what stands behind it stays. A DT of a year or a month is moved from its first
 * day. Undefined: no date that a calendar has.
 */
export function shiftDate(value: string, days: number): string | undefined {
  const parts = /^(\d{4})\.(\d\d)\.(\d\d)$/.exec(value) ?? /^(\d{4})(\d\d)?(\d\d)?(.*)$/.exec(value);
  if (parts === null) return undefined;
  const [, year = '', month, day, rest = ''] = parts;
  if (rest !== '' && !/^[\d.+-]*$/.test(rest)) return undefined;
  const atMs = Date.UTC(Number(year), Number(month ?? 1) - 1, Number(day ?? 1));
  const read = new Date(atMs);
  const isReal =
    read.getUTCFullYear() === Number(year) &&
    read.getUTCMonth() === Number(month ?? 1) - 1 &&
    read.getUTCDate() === Number(day ?? 1);
  if (!isReal) return undefined;
  const moved = new Date(atMs + days * dayMs).toISOString().replace(/^(\d+)-(\d\d)-(\d\d)T.*$/, '$1$2$3');
  const digits = day !== undefined ? 8 : month !== undefined ? 6 : 4;
  return `${moved.slice(0, digits)}${rest}`;
}
