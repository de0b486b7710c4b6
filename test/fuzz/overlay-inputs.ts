import type { MapFolder } from '../../mappings/hl7v2/compiler/read-folder.ts';
import type { Dice } from './mllp-inputs.ts';
import { rowChange, words } from './row-inputs.ts';

/** An overlay with mistakes in it, and what was done to it. */
export interface OverlayInput {
  readonly name: string;
  readonly files: ReadonlyMap<string, string>;
}

type Item = { readonly [member: string]: unknown };

const hostile: readonly unknown[] = [
  null,
  true,
  -1,
  1e300,
  '',
  [],
  {},
  [[]],
  { a: { b: [1, null, { c: '' }] } },
  `${'('.repeat(3_000)}PID-3 valued${')'.repeat(3_000)}`,
  `${'not '.repeat(3_000)}PID-3 valued`,
  `PID-3 matches '${'*a'.repeat(500)}'`,
  { url: { extension: [null] } },
  { __proto__: 'x', constructor: 'y' },
  ['PID-3', 'PID-3', 'ZZZ-1.2.3'],
  'PID-3[2].1',
];

/** One to three files that a site may write, made of members of our own rows, then broken. */
export function overlayInput(rows: MapFolder, dice: Dice): OverlayInput {
  const files = new Map<string, string>();
  const names: string[] = [];
  for (let left = 1 + dice.below(3); left > 0; left--) {
    const [path, text] = dice.pick(kinds)(rows, dice);
    const broken = dice.below(4) === 0 ? rowChange(text, dice) : { name: 'as made', text };
    files.set(path, broken.text);
    names.push(`${path} (${broken.name})`);
  }
  return { name: names.join(', '), files };
}

type Kind = (rows: MapFolder, dice: Dice) => readonly [path: string, text: string];

const kinds: readonly Kind[] = [
  ({ segments }, dice) => {
    const [name, { content }] = dice.pick([...segments]);
    return [`segments/${name}.yaml`, changesText(content.rows as readonly Item[], 'id', dice)];
  },
  ({ types }, dice) => {
    const [name, { content }] = dice.pick([...types]);
    return [`types/${name}.yaml`, changesText(content.rows as readonly Item[], 'id', dice)];
  },
  ({ messages }, dice) => {
    const [name, { content }] = dice.pick([...messages]);
    return [`messages/${name}.yaml`, changesText(content.resources as readonly Item[], 'name', dice)];
  },
  ({ segments }, dice) => {
    const [, { content }] = dice.pick([...segments]);
    return [
      'segments/own.yaml',
      yamlOf(broken(content as unknown as Item, content.rows as readonly Item[], dice)),
    ];
  },
  ({ types }, dice) => {
    const [name, { content }] = dice.pick([...types]);
    const whole = broken(content, content.rows as readonly Item[], dice);
    return [`types/${dice.pick([name, 'own'])}.yaml`, yamlOf(whole)];
  },
  ({ messages }, dice) => {
    const [name, { content }] = dice.pick([...messages]);
    const whole = broken(content, content.resources as readonly Item[], dice);
    return [`messages/${dice.pick([name, 'own'])}.yaml`, yamlOf(whole)];
  },
  (_rows, dice) => [
    'site.yaml',
    yamlOf(
      broken(
        {
          zone: dice.pick(['Europe/Zurich', 'Mars/Olympus', 'UTC', '+01:00']),
          assigners: { HOSP: dice.pick(['urn:x', 'no uri', '']) },
          defaultAssigner: dice.pick(['HOSP', 'NONE']),
          fallbackCharset: dice.pick(['8859/1', 'KLINGON', 'UNICODE UTF-8']),
          nullMarker: dice.pick(['omit', 'data-absent-reason', 'x']),
          reportText: dice.pick(['conclusion', 'observations', 'presentedForm', 'x']),
        },
        [],
        dice,
      ),
    ),
  ],
  ({ tables }, dice) => {
    const [name, table] = dice.pick([...tables]);
    const some = table.rows.filter(() => dice.below(3) > 0);
    const lines = some.map(({ source, target, system, display, equivalence }) =>
      [source, dice.below(6) === 0 ? dice.pick(['-', ...words]) : target, system, display, equivalence].join(
        ',',
      ),
    );
    const head = dice.below(8) === 0 ? 'source;target' : 'source,target,system,display,equivalence';
    return [
      `tables/${dice.pick([name, 'own'])}.csv`,
      [head, ...lines, dice.below(4) === 0 ? dice.pick(words) : ''].join('\n'),
    ];
  },
];

/** The members of a file on lines of their own. JSON is YAML. */
const yamlOf = (content: Item): string =>
  Object.entries(content)
    .flatMap(([member, value]) => (value === undefined ? [] : `${member}: ${JSON.stringify(value)}\n`))
    .join('');

/** `add`, `change`, `replace`, `drop` of some of our rows. */
function changesText(items: readonly Item[], key: string, dice: Dice): string {
  const some = (): Item => broken(dice.pick(items), items, dice);
  const nameOf = (item: Item): unknown => (dice.below(8) === 0 ? dice.pick(words) : item[key]);
  const changes: { [part: string]: unknown } = { why: 'our HIS' };
  if (dice.below(2) === 0) changes.drop = [nameOf(dice.pick(items))];
  if (dice.below(2) === 0) changes.replace = [some()];
  if (dice.below(2) === 0) {
    const { [key]: name, ...rest } = some();
    const [member = 'why', value] = dice.pick([...Object.entries(rest), ['why', 'x'] as const]);
    changes.change = [{ [key]: name, [member]: dice.below(2) === 0 ? value : dice.pick(hostile) }];
  }
  if (dice.below(2) === 0) {
    const place = dice.pick(['before', 'after', 'why']);
    changes.add = [{ ...some(), [key]: dice.pick(['OWN-1', ...words]), [place]: nameOf(dice.pick(items)) }];
  }
  if (dice.below(6) === 0) changes.takes = [dice.pick(['ADT^A01', '*', 'ZZZ', ''])];
  return yamlOf(changes);
}

/** A thing with one member missing, of another thing, or of a form that it should not have; at any depth. */
function broken(item: Item, others: readonly Item[], dice: Dice, depth = 0): Item {
  const entries = Object.entries(item);
  if (entries.length === 0 || (depth === 0 && dice.below(2) === 0)) return item;
  const [member, value] = dice.pick(entries);
  if (depth < 4 && typeof value === 'object' && value !== null && dice.below(2) === 0) {
    const inner = Array.isArray(value)
      ? value.map((one: unknown) =>
          typeof one === 'object' && one !== null && dice.below(value.length) === 0
            ? broken(one as Item, others, dice, depth + 1)
            : one,
        )
      : broken(value as Item, others, dice, depth + 1);
    return { ...item, [member]: inner };
  }
  const other = others.length === 0 ? undefined : dice.pick(others)[member];
  const wrong =
    dice.below(3) > 0 ? (other ?? value) : dice.pick([undefined, dice.pick(words), dice.pick(hostile)]);
  return { ...item, [member]: wrong };
}
