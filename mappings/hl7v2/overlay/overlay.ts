import { BitHiveError } from '../../../core/errors.ts';
import type { SiteSettings } from '../../site.ts';
import { type CodeTable, codeTable } from '../compiler/code-table.ts';
import { filesOf, hashOf, type MapFiles } from '../compiler/map-files.ts';
import { type MapFolder, readTableFile } from '../compiler/read-folder.ts';
import {
  type MessageFile,
  messageFileSchema,
  resourceSchema,
  rowSchema,
  type SegmentFile,
  segmentFileSchema,
  type TypeFile,
  typeFileSchema,
} from '../compiler/schema.ts';
import { readYamlFile, type YamlFile } from '../compiler/yaml-file.ts';
import { applyChanges } from './apply-changes.ts';
import { messageChangesSchema, rowChangesSchema, siteChangesSchema } from './schema.ts';

/** What a site says otherwise than the rows that come with the engine. */
export interface Overlay {
  readonly files: MapFiles;
  /** What its places begin with: its folder, or the version under which it is kept. */
  readonly label: string;
}

const rowList = { list: 'rows', name: 'id', what: 'row', schema: rowSchema } as const;
const resourceList = { list: 'resources', name: 'name', what: 'resource', schema: resourceSchema } as const;

/**
 * A map with an overlay laid over it. A file of the overlay that has the form of a whole one (`rows`, `resources`) stands alone or takes the place of
 * ours; any other says what changes in ours of the same name. Tables of one name are joined, code by code.
 *
 * @throws BH_MAP_DEFINITION with file and line
 */
export function applyOverlay(base: MapFolder, { files, label }: Overlay): MapFolder {
  const named = (path: string): string => `${label}/${path}`;
  const messages = new Map(base.messages);
  const segments = new Map(base.segments);
  const types = new Map(base.types);
  const tables = new Map(base.tables);
  for (const { name, path, text } of filesOf(files, 'segments'))
    segments.set(name, segmentOf(base.segments.get(name), named(path), text));
  for (const { name, path, text } of filesOf(files, 'types'))
    types.set(name, typeOf(base.types.get(name), named(path), text));
  for (const { name, path, text } of filesOf(files, 'messages')) {
    const { file, takes } = messageOf(base.messages.get(name), named(path), text);
    for (const [other, one] of messages) if (other !== name) messages.set(other, withoutTypes(one, takes));
    messages.set(name, file);
  }
  for (const { name, path, text } of filesOf(files, 'tables'))
    tables.set(name, joined(base.tables.get(name), readTableFile(name, named(path), text)));
  return { messages, segments, types, tables, hash: `${base.hash}+overlay.${hashOf(files)}` };
}

/** The settings with what `site.yaml` of the overlay says. Throws BH_MAP_DEFINITION with file and line. */
export function siteWith(site: SiteSettings, { files, label }: Overlay): SiteSettings {
  const text = files.get('site.yaml');
  if (text === undefined) return site;
  const {
    why: _why,
    assigners,
    ...given
  } = readYamlFile(`${label}/site.yaml`, text, siteChangesSchema).content;
  return {
    ...site,
    ...(Object.fromEntries(
      Object.entries(given).filter(([, value]) => value !== undefined),
    ) as Partial<SiteSettings>),
    ...(assigners === undefined ? {} : { assigners: { ...site.assigners, ...assigners } }),
  };
}

/** Whether a file has the form of a whole one. What cannot be read is left to the schema, which says where. */
const isWhole = (text: string, list: string): boolean => new RegExp(`^${list}\\s*:`, 'm').test(text);

function segmentOf(
  ours: YamlFile<SegmentFile> | undefined,
  path: string,
  text: string,
): YamlFile<SegmentFile> {
  if (isWhole(text, 'rows')) return readYamlFile(path, text, segmentFileSchema);
  const changes = readYamlFile(path, text, rowChangesSchema);
  return applyChanges(ours ?? unknownFile(changes), changes, rowList);
}

function typeOf(ours: YamlFile<TypeFile> | undefined, path: string, text: string): YamlFile<TypeFile> {
  if (isWhole(text, 'rows')) return readYamlFile(path, text, typeFileSchema);
  const changes = readYamlFile(path, text, rowChangesSchema);
  return applyChanges(ours ?? unknownFile(changes), changes, rowList);
}

function messageOf(
  ours: YamlFile<MessageFile> | undefined,
  path: string,
  text: string,
): { readonly file: YamlFile<MessageFile>; readonly takes: readonly string[] } {
  if (isWhole(text, 'resources')) {
    const file = readYamlFile(path, text, messageFileSchema);
    return { file, takes: file.content.takes };
  }
  const changes = readYamlFile(path, text, messageChangesSchema);
  const changed = applyChanges(ours ?? unknownFile(changes), changes, resourceList);
  const { takes, groups, ignore } = changes.content;
  const { content } = changed;
  return {
    takes,
    file: {
      ...changed,
      content: {
        ...content,
        takes: [...new Set([...content.takes, ...takes])],
        groups: { ...content.groups, ...groups },
        ignore: { ...content.ignore, ...ignore },
      },
    },
  };
}

function unknownFile(changes: YamlFile<unknown>): never {
  return changes.fail(
    [],
    'no file of ours has this name to change; a file of its own states all of what it is',
  );
}

/** A message type belongs to one file. */
function withoutTypes(file: YamlFile<MessageFile>, takes: readonly string[]): YamlFile<MessageFile> {
  const kept = file.content.takes.filter((type) => !takes.includes(type));
  return kept.length === file.content.takes.length
    ? file
    : { ...file, content: { ...file.content, takes: kept } };
}

/** The overlay's row of a code stands; a target `-` takes a code out. */
function joined(ours: CodeTable | undefined, theirs: CodeTable): CodeTable {
  const rows = new Map((ours?.rows ?? []).map((row) => [row.source, row]));
  for (const row of theirs.rows) {
    if (row.target === '-') rows.delete(row.source);
    else rows.set(row.source, row);
  }
  return codeTable(theirs.name, [...rows.values()]);
}

const known =
  /^(site\.yaml|(fhir-to-hl7v2\/)?((messages|segments|types)\/[A-Za-z0-9_.-]+\.yaml|tables\/[A-Za-z0-9_.-]+\.csv)|hl7v2-to-hl7v2\/([A-Za-z0-9_-][A-Za-z0-9_.-]*\/)*[A-Za-z0-9_.-]+\.(yaml|csv))$/;

/** A file that nothing would read is a mistake. Throws BH_MAP_DEFINITION. */
export function refuseStrangers(paths: Iterable<string>, label: string): void {
  for (const path of paths) {
    if (known.test(path)) continue;
    throw new BitHiveError(
      'BH_MAP_DEFINITION',
      `${label}/${path}: not a file of an overlay; it has site.yaml, messages/, segments/, types/ (*.yaml), tables/ (*.csv), fhir-to-hl7v2/, hl7v2-to-hl7v2/ and tests/`,
    );
  }
}
