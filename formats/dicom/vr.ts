/**
 * Value representations (PS3.5 6.2). `isLong`: the length takes 32 bits after two reserved bytes in explicit VR (7.1.2).
 * `text`: `charset` follows (0008,0005), `ascii` is always the default repertoire. `isList`: a backslash separates values.
 */
export interface VrTraits {
  readonly vr: string;
  readonly isLong: boolean;
  readonly text: 'charset' | 'ascii' | null;
  readonly isList: boolean;
}

const traits = (vr: string, text: VrTraits['text'], isList: boolean, isLong = false): VrTraits => ({
  vr,
  isLong,
  text,
  isList,
});

const all: readonly VrTraits[] = [
  ...['AE', 'AS', 'CS', 'DA', 'DS', 'DT', 'IS', 'TM', 'UI'].map((vr) => traits(vr, 'ascii', true)),
  ...['LO', 'PN', 'SH'].map((vr) => traits(vr, 'charset', true)),
  ...['LT', 'ST'].map((vr) => traits(vr, 'charset', false)),
  ...['AT', 'FD', 'FL', 'SL', 'SS', 'UL', 'US'].map((vr) => traits(vr, null, true)),
  ...['OB', 'OD', 'OF', 'OL', 'OV', 'OW', 'SQ', 'SV', 'UN', 'UV'].map((vr) => traits(vr, null, true, true)),
  traits('UC', 'charset', true, true),
  traits('UR', 'ascii', false, true),
  traits('UT', 'charset', false, true),
];

const byName = new Map(all.map((entry) => [entry.vr, entry]));
/** A plain array over both letters: the reader asks once per element. */
const byLetters: (VrTraits | undefined)[] = new Array(26 * 26).fill(undefined);
for (const entry of all) byLetters[letters(entry.vr.charCodeAt(0), entry.vr.charCodeAt(1))] = entry;

function letters(first: number, second: number): number {
  return (first - 65) * 26 + second - 65;
}

const isUpper = (code: number): boolean => code >= 65 && code <= 90;

/**
 * The VR that two bytes name; undefined when they are no letters. Two letters that no edition defines are read as UN with a
 * 32-bit length, as PS3.5 7.1.2 promises for all VRs to come.
 */
export function vrOfBytes(first: number, second: number): VrTraits | undefined {
  if (!isUpper(first) || !isUpper(second)) return undefined;
  return byLetters[letters(first, second)] ?? unknownVr;
}

export function vrTraits(vr: string): VrTraits {
  return byName.get(vr) ?? unknownVr;
}

const unknownVr = traits('UN', null, true, true);

/** What PS3.10 7.1 uses in group 0002. Anything else there is an attack on the reader of the length (CVE-2026-3650). */
export const fileMetaVrs: ReadonlySet<string> = new Set(['AE', 'OB', 'SH', 'UI', 'UL', 'UR']);
