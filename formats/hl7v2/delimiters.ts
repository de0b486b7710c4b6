import { BitHiveError } from '../../core/errors.ts';

/** The separators that MSH-1 and MSH-2 declare. An absent one is the empty string: nothing is split at that level. */
export interface Delimiters {
  readonly field: string;
  readonly component: string;
  readonly repetition: string;
  readonly escape: string;
  readonly subcomponent: string;
  /** Fifth encoding character of v2.7 and later; empty where none is declared. */
  readonly truncation: string;
}

export const standardDelimiters: Delimiters = {
  field: '|',
  component: '^',
  repetition: '~',
  escape: '\\',
  subcomponent: '&',
  truncation: '',
};

const encodingCharactersMax = 5;
const lineEnd = /[\r\n]/;

/**
 * Reads the separators from the head of a message (HL7 v2.5.1 2.5.4). Any printable ASCII character that is no letter and no
 * digit may serve; each serves once. Throws BH_HL7_NOT_HL7.
 */
export function readDelimiters(text: string): Delimiters {
  if (!text.startsWith('MSH')) throw new BitHiveError('BH_HL7_NOT_HL7', 'does not begin with MSH');
  if (text.startsWith('|^~\\&|', 3)) return standardDelimiters;
  const field = text.charAt(3);
  const end = text.indexOf(field || '|', 4);
  const line = text.slice(4, 4 + encodingCharactersMax + 1);
  const encoding =
    end >= 4 && end <= 4 + encodingCharactersMax ? text.slice(4, end) : line.split(lineEnd)[0]!;
  check(field, encoding);
  const at = (index: number): string => encoding.charAt(index);
  return {
    field,
    component: at(0),
    repetition: at(1),
    escape: at(2),
    subcomponent: at(3),
    truncation: at(4),
  };
}

function check(field: string, encoding: string): void {
  const all = field + encoding;
  if (encoding.length > encodingCharactersMax) fail('MSH-2 has more than five characters');
  if (field === '') fail('MSH-1 is missing');
  if (!/^[!-/:-@[-`{-~]*$/.test(all)) fail('MSH-1 or MSH-2 holds a letter, a digit or a control character');
  if (new Set(all).size !== all.length) fail('MSH-1 and MSH-2 use one character twice');
}

function fail(detail: string): never {
  throw new BitHiveError('BH_HL7_NOT_HL7', detail);
}
