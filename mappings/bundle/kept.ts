/**
 * What stands in many messages alike (a ward, a physician, a payer, the fixed values of a row) is built and printed once. A kept value is
 * frozen: whoever wants to change one makes a copy. Its text lies in a box, because the value itself cannot change any more.
 */
interface TextBox {
  text: string | undefined;
}

const textBox = Symbol('text of a kept value');

/** Freezes a value all the way down and gives it a place for its JSON text. */
export function keep<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  if (!Array.isArray(value)) Object.defineProperty(value, textBox, { value: { text: undefined } });
  for (const inner of Object.values(value)) keep(inner);
  return Object.freeze(value);
}

/** The place for the text of a kept object; undefined for any other. */
export function textBoxOf(value: object): TextBox | undefined {
  return (value as { readonly [textBox]?: TextBox })[textBox];
}

/** A text cut out of a message holds the whole message in memory; a copy does not. */
export function copyOf<T>(value: T): T {
  return value === undefined ? value : (JSON.parse(JSON.stringify(value)) as T);
}
