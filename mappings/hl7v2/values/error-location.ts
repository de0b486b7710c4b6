import { partAt, type ValueType } from './value-type.ts';

const isNumber = (text: string): boolean => /^\d+$/.test(text);
const inBrackets = (text: string): string => (isNumber(text) ? `[${text}]` : '');

/** The first parts of a location as the path that people write: `PID[1]-5[2].1`. */
function location(end: number): ValueType {
  return {
    yields: ['string'],
    covers: [undefined, ...Array.from({ length: end }, () => 'leaf' as const)],
    compile:
      () =>
      (_run, ...place) => {
        const [name = '', sequence = '', field = '', rep = '', ...inner] = [1, 2, 3, 4, 5, 6]
          .filter((n) => n <= end)
          .map((n) => partAt(...place, n));
        if (name === '') return undefined;
        const segment = `${name}${inBrackets(sequence)}`;
        if (!isNumber(field)) return segment;
        return [`${segment}-${field}${inBrackets(rep)}`, ...inner.filter(isNumber)].join('.');
      },
  };
}

/** ERL (HL7 v2.5.1 2.A.30), and ELD of up to v2.4 (2.A.27), whose fourth part is a code. */
export const errorLocations = { 'ERL>string': location(6), 'ELD>string': location(3) };
