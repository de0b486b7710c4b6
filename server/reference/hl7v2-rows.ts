import type { CodeTable } from '../../mappings/hl7v2/compiler/code-table.ts';
import type { MapFolder } from '../../mappings/hl7v2/compiler/read-folder.ts';
import type { Row, SegmentFile, TypeFile } from '../../mappings/hl7v2/compiler/schema.ts';
import { code, markdownTable } from './markdown.ts';

const head = ['HL7', 'FHIR', 'Value', 'When', 'Why'];

/** A link to the section of a row file: `[pv1.encounter](#pv1encounter)`. */
export const rowsAnchor = (name: string): string => linkTo(name, name);
export const linkTo = (text: string, heading: string): string =>
  `[${text}](#${heading
    .toLowerCase()
    .replace(/[^a-z0-9_ -]/g, '')
    .replaceAll(' ', '-')})`;

/** One section per segment file: a row per field. */
export function segmentSections(folder: MapFolder): readonly string[] {
  return [...folder.segments].map(([name, { content }]) =>
    [
      `### ${name}`,
      `${content.segment} to ${content.target}. In ${usersOf(folder, name).map(rowsAnchor).join(', ') || 'no message'}.`,
      markdownTable(
        head,
        content.rows.map((row) => rowCells(row, content)),
      ),
    ].join('\n\n'),
  );
}

/** One section per datatype file, and the converters that are more than rows. */
export function typeSections({ types }: MapFolder): readonly string[] {
  return [...types].map(([name, { content }]) =>
    [
      `### ${name}`,
      `${content.type} to ${content.target}${content.refer === undefined ? '' : ', a resource that is referred to'}.`,
      markdownTable(
        head,
        content.rows.map((row) => rowCells(row, content)),
      ),
    ].join('\n\n'),
  );
}

/** One line per code table: what each code becomes. `~`: the FHIR code says more or less than the one that was sent. */
export function tableSection({ tables }: MapFolder): string {
  const rows = [...tables].map(([name, table]) => [name, codesText(table)]);
  const note =
    'A FHIR code marked with ~ is wider or narrower than the one that was sent, which then stands beside it.';
  return `${note}\n\n${markdownTable(['Table', 'Codes'], rows)}`;
}

function codesText({ rows }: CodeTable): string {
  const byTarget = new Map<string, string[]>();
  for (const { source, target, equivalence } of rows) {
    const text = `${target}${equivalence === 'equivalent' ? '' : '~'}`;
    byTarget.set(text, [...(byTarget.get(text) ?? []), source]);
  }
  return [...byTarget].map(([target, sources]) => `${sources.join(' ')} → ${target}`).join('; ');
}

function usersOf({ messages }: MapFolder, name: string): readonly string[] {
  const names: string[] = [];
  for (const [message, { content }] of messages) {
    const used = content.resources.flatMap(({ maps, parts, back }) => [
      ...maps,
      ...parts.flatMap((part) => part.map),
      ...(back === undefined ? [] : [back].flat().map((one) => one.map)),
    ]);
    if (used.includes(name)) names.push(message);
  }
  return names;
}

function rowCells(row: Row, { target }: SegmentFile | TypeFile): readonly string[] {
  if (row.ignore !== undefined) return [row.id, '*not carried*', '', '', row.ignore];
  return [
    sourceText(row),
    code(`${target}.${row.to}`),
    valueText(row),
    row.when === undefined ? '' : code(row.when),
    row.why ?? '',
  ];
}

function sourceText({ id, from, value }: Row): string {
  if (value !== undefined) return '*fixed*';
  if (from === undefined) return id;
  return typeof from === 'string' ? from : `from ${from.join(', ')}`;
}

function valueText(row: Row): string {
  const parts: string[] = [];
  if (row.value !== undefined) parts.push(fixedText(row.value) || code(String(row.value)));
  if (row.as !== undefined) parts.push(row.as);
  if (row.table !== undefined) parts.push(`table ${linkTo(row.table, 'code-tables')}`);
  if (row.fallback !== undefined) parts.push(`else ${row.fallback}`);
  const fixed = fixedText(row.with ?? {});
  if (fixed !== '') parts.push(`fixed: ${fixed}`);
  return parts.join('; ');
}

/** The leaves of fixed values; the system and the display of a code that is there are left out. */
export function fixedText(value: unknown): string {
  const leaves: (readonly [path: string, text: string])[] = [];
  addLeaves(value, '', leaves);
  const isOf = (path: string, name: string): boolean => path === name || path.endsWith(`.${name}`);
  const hasCode = leaves.some(([path]) => isOf(path, 'code'));
  const shown = leaves.filter(([path]) => !hasCode || !(isOf(path, 'system') || isOf(path, 'display')));
  return shown.map(([path, text]) => code(path === '' ? text : `${path} = ${text}`)).join(', ');
}

function addLeaves(value: unknown, path: string, leaves: (readonly [string, string])[]): void {
  if (typeof value !== 'object' || value === null) {
    leaves.push([path, String(value)]);
    return;
  }
  for (const [name, one] of Object.entries(value)) {
    const inner = Array.isArray(value) ? path : path === '' ? name : `${path}.${name}`;
    addLeaves(one, inner, leaves);
  }
}
