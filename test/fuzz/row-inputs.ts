import type { Dice } from './mllp-inputs.ts';

/** What an editor may do to a row file by mistake. */
export interface RowChange {
  readonly name: string;
  readonly text: string;
}

/** What stands where something else should. */
export const words = [
  '',
  'null',
  'true',
  '0',
  '-1',
  '1e99',
  '~',
  '{',
  '}',
  '[',
  ']',
  '"',
  "'",
  ':',
  '- ',
  '#',
  '&a',
  '*a',
  '&a [*a, *a]',
  '!!js/function x',
  '<<: *a',
  '\t',
  '\u0000',
  '|',
  '>',
  '[+]',
  '[0]',
  '[x]',
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  'PID-99999',
  'PID-3.1.1.1',
  'ZZZ-1',
  'identifier[+].value',
  'value[x]',
  'extension[+].valueString',
  'string',
  'code',
  'CWE>CodeableConcept',
  'XCN>Practitioner',
  'OBX>value',
  'patient',
  'PID valued and',
  'not (not (PID-3 valued))',
  'PID-3 in {',
  '{ a: { b: [1, null] } }',
  '[[[[]]]]',
  'x'.repeat(5_000),
];

type Change = (text: string, dice: Dice) => string;

const onLine =
  (change: (line: string, dice: Dice) => string): Change =>
  (text, dice) => {
    const lines = text.split('\n');
    const at = dice.below(lines.length);
    lines[at] = change(lines[at] ?? '', dice);
    return lines.join('\n');
  };

/** The words of a file between the signs of YAML. */
const word = /[A-Za-z0-9_.>\-[\]+]+/g;

const changes: readonly (readonly [string, Change])[] = [
  [
    'a word is another',
    onLine((line, dice) => {
      const found = [...line.matchAll(word)];
      if (found.length === 0) return dice.pick(words);
      const { 0: old, index } = dice.pick(found);
      return `${line.slice(0, index)}${dice.pick(words)}${line.slice(index + old.length)}`;
    }),
  ],
  [
    'a word of another line',
    (text, dice) => {
      const found = [...text.matchAll(word)];
      if (found.length === 0) return dice.pick(words);
      const [{ 0: old, index }, { 0: other }] = [dice.pick(found), dice.pick(found)];
      return `${text.slice(0, index)}${other}${text.slice(index + old.length)}`;
    },
  ],
  ['a line is missing', onLine(() => '')],
  ['a line twice', onLine((line) => `${line}\n${line}`)],
  ['a line is cut', onLine((line, dice) => line.slice(0, dice.below(line.length + 1)))],
  ['a line is indented', onLine((line, dice) => ' '.repeat(1 + dice.below(6)) + line)],
  ['a line is outdented', onLine((line) => line.replace(/^ +/, ''))],
  ['a property is missing', onLine((line) => line.replace(/, [a-z]+: [^,}]*/, ''))],
  [
    'a property more',
    onLine((line, dice) => line.replace(/\{ /, `{ ${dice.pick(words)}: ${dice.pick(words)}, `)),
  ],
  ['a quote is missing', onLine((line) => line.replace('"', ''))],
  ['a list mark is missing', onLine((line) => line.replace(/\[[+0]\]/, ''))],
  [
    'a character is missing',
    (text, dice) => {
      const at = dice.below(text.length);
      return text.slice(0, at) + text.slice(at + 1);
    },
  ],
  [
    'a character more',
    (text, dice) => {
      const at = dice.below(text.length);
      return text.slice(0, at) + dice.pick([...'{}[]":,-|>&*!%@`\'\n\t ~#']) + text.slice(at);
    },
  ],
  ['the end is missing', (text, dice) => text.slice(0, dice.below(text.length))],
  ['something else', (_text, dice) => dice.pick(words)],
  [
    'an alias of aliases',
    (text) => `a: &a [x]\n${'b: &b [*a, *a]\n'.repeat(1)}c: [${'*b, '.repeat(200)}]\n${text}`,
  ],
  ['nested deep', (text) => `${'['.repeat(2_000)}${']'.repeat(2_000)}\n${text}`],
];

/** A file with one to three mistakes in it. */
export function rowChange(text: string, dice: Dice): RowChange {
  const names: string[] = [];
  let changed = text;
  for (let left = 1 + dice.below(3); left > 0; left--) {
    const [name, change] = dice.pick(changes);
    changed = change(changed === '' ? '\n' : changed, dice);
    names.push(name);
  }
  return { name: names.join(', '), text: changed };
}
