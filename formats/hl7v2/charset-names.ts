/**
 * HL7 table 0211 to WHATWG encodings. MLLP cannot carry UTF-16 (its bytes collide with VT, FS and CR), so a message that
 * arrived and says `UNICODE` is read as UTF-8. CNS 11643 has no decoder in the platform and is reported.
 */
const table0211: Readonly<Record<string, string>> = {
  ASCII: 'us-ascii',
  'ISO IR6': 'us-ascii',
  UNICODE: 'utf-8',
  'UNICODE UTF-8': 'utf-8',
  'UNICODE UTF8': 'utf-8',
  'UTF-8': 'utf-8',
  UTF8: 'utf-8',
  'ISO IR14': 'shift_jis',
  'ISO IR87': 'iso-2022-jp',
  'ISO IR159': 'iso-2022-jp',
  'GB 18030-2000': 'gb18030',
  'GB 18030': 'gb18030',
  'KS X 1001': 'euc-kr',
  'BIG-5': 'big5',
};

/** WHATWG encoding of a table 0211 name or an encoding label; undefined when the platform has no decoder for it. */
export function encodingOf(name: string): string | undefined {
  const upper = name.trim().toUpperCase();
  const known = table0211[upper];
  if (known !== undefined) return known;
  const part = /^(?:ISO[ _-]?)?8859[/-](\d{1,2})$/.exec(upper)?.[1];
  return labelled(part === undefined ? upper.toLowerCase() : `iso-8859-${Number(part)}`);
}

function labelled(label: string): string | undefined {
  if (label === 'iso-8859-1' || label === 'latin1') return 'windows-1252';
  if (!/^[a-z0-9_-]{3,20}$/.test(label)) return undefined;
  try {
    const { encoding } = new TextDecoder(label);
    return encoding.startsWith('utf-16') ? undefined : encoding;
  } catch (cause) {
    // By name: the error may come from another realm (a worker, a test runner).
    if ((cause as Error).name === 'RangeError') return undefined;
    throw cause;
  }
}
