/** One representation of a name (PS3.5 6.2.1.1); absent components are empty. */
export interface NameGroup {
  readonly family: string;
  readonly given: string;
  readonly middle: string;
  readonly prefix: string;
  readonly suffix: string;
}

export interface PersonName {
  readonly alphabetic?: NameGroup;
  readonly ideographic?: NameGroup;
  readonly phonetic?: NameGroup;
}

/** Takes a decoded value of VR PN: three groups apart by `=`, five components each apart by `^`. */
export function parsePersonName(text: string): PersonName {
  const [alphabetic, ideographic, phonetic] = text.split('=', 3).map(parseGroup);
  return {
    ...(alphabetic && { alphabetic }),
    ...(ideographic && { ideographic }),
    ...(phonetic && { phonetic }),
  };
}

function parseGroup(text: string): NameGroup | undefined {
  const [family = '', given = '', middle = '', prefix = '', suffix = ''] = text
    .split('^', 5)
    .map((part) => part.trim());
  const group = { family, given, middle, prefix, suffix };
  return Object.values(group).some((part) => part !== '') ? group : undefined;
}
