import type { MapDiff } from '../../mappings/index.ts';
import { printable, table } from './table.ts';

/** A comparison of two maps for people. The same comparison gives the same text. */
export function diffText(diff: MapDiff): string {
  const { maps, messages, differing, unread, rows, elements, residue, issues, examples } = diff;
  const head = [
    `in force  ${maps.before}`,
    `new       ${maps.after}`,
    `${messages} messages, ${differing} with another Bundle${unread === 0 ? '' : `, ${unread} that cannot be read`}`,
  ].join('\n');
  return [
    head,
    section('Rows', ['ROW', 'ADDED', 'REMOVED', 'CHANGED', 'MESSAGES', 'FILE'], rows, (one) => [
      one.row,
      ...counts(one),
      one.file,
    ]),
    section('Elements', ['ELEMENT', 'ADDED', 'REMOVED', 'CHANGED', 'MESSAGES'], elements, (one) => [
      one.element,
      ...counts(one),
    ]),
    paths('No row takes any more', residue.more),
    paths('A row takes now', residue.less),
    paths('New issues', issues.more),
    paths('Issues no more', issues.less),
    ...examples.map(exampleText),
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

const counts = (one: { added: number; removed: number; changed: number; messages: number }) =>
  [one.added, one.removed, one.changed, one.messages].map(String);

function section<T>(
  title: string,
  columns: readonly string[],
  list: readonly T[],
  rowOf: (one: T) => readonly string[],
): string {
  return list.length === 0 ? '' : `${title}\n${table(columns, list.map(rowOf))}`;
}

const paths = (title: string, list: MapDiff['residue']['more']): string =>
  section(title, ['PATH', 'MESSAGES'], list, ({ path, messages }) => [path, String(messages)]);

function exampleText({ message, type, changes }: MapDiff['examples'][number]): string {
  const rows = changes.map(({ resource, path, before, after, row }) => [
    `${resource}.${path}`,
    before === undefined ? '-' : JSON.stringify(before),
    after === undefined ? '-' : JSON.stringify(after),
    row,
  ]);
  return `Message ${message} ${printable(type)}\n${table(['ELEMENT', 'IN FORCE', 'NEW', 'ROW'], rows)}`;
}
