import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { BitHiveError } from '../../core/errors.ts';
import type { Hl7Message } from '../../formats/hl7v2/index.ts';
import { readCodeTable } from '../hl7v2/compiler/code-table.ts';
import { readYamlFile, type YamlFile } from '../hl7v2/compiler/yaml-file.ts';
import { compileRow, compileScoped, type Lookup } from './compile-row.ts';
import { EditableMessage } from './editable-message.ts';
import { type EditFile, editFileSchema } from './schema.ts';

export interface EditedMessage {
  /** The message without frame or byte order mark; the very bytes that came where no row changed anything. */
  readonly bytes: Uint8Array;
  /** Ids of the rows that changed something, in their order, with the number of places. */
  readonly changes: readonly { readonly row: string; readonly places: number }[];
}

/** Rows from HL7 v2 to HL7 v2, compiled. Pure: the same message gives the same bytes. */
export interface Hl7ToHl7Map {
  readonly name: string;
  /** Hash of the file and its tables. */
  readonly version: string;
  edit(message: Hl7Message): EditedMessage;
}

/**
 * Reads, checks and compiles a file of rows and the tables that it names.
 *
 * @param seen gets each file that was read
 * @throws BH_MAP_DEFINITION with file and line
 */
export function loadHl7ToHl7Map(
  path: string,
  seen: (path: string, text: string) => void = () => {},
): Hl7ToHl7Map {
  const read = (from: string): string => {
    const text = readText(from);
    seen(from, text);
    return text;
  };
  return compileHl7ToHl7Map(path, read(path), (name) => read(join(dirname(path), name)));
}

/** As `loadHl7ToHl7Map`, from a text; `readTable` gives the text of a table's file, undefined where there is none. */
export function compileHl7ToHl7Map(
  path: string,
  text: string,
  readTable: (name: string) => string | undefined,
): Hl7ToHl7Map {
  const file = readYamlFile(path, text, editFileSchema);
  const hash = createHash('sha256').update(text);
  const tables = new Map<string, Lookup>();
  for (const [name, table] of Object.entries(file.content.tables)) {
    if (typeof table !== 'string') {
      tables.set(name, (code) => (Object.hasOwn(table, code) ? table[code] : undefined));
      continue;
    }
    const rows = readTable(table) ?? file.fail(['tables', name], `there is no file ${table}`);
    hash.update(rows);
    const codes = readCodeTable(name, rows, (line, why): never => {
      throw new BitHiveError('BH_MAP_DEFINITION', `${join(dirname(path), table)}:${line}: ${why}`);
    });
    tables.set(name, (code) => codes.find(code)?.target);
  }
  checkIds(file);
  const edits = file.content.rows.map(({ id }, index) => ({ id, edit: compileRow(file, index, tables) }));
  const holds = conditionOf(file);
  return {
    name: file.content.map,
    version: hash.digest('hex').slice(0, 12),
    edit(message) {
      const editable = new EditableMessage(message);
      const [header] = editable.segments;
      if (header === undefined || !holds({ message: editable, segment: header }))
        return { bytes: message.print(), changes: [] };
      const changes = edits
        .map(({ id, edit }) => ({ row: id, places: edit(editable) }))
        .filter(({ places }) => places > 0);
      return { bytes: changes.length === 0 ? message.print() : editable.print(), changes };
    },
  };
}

function checkIds(file: YamlFile<EditFile>): void {
  const ids = file.content.rows.map(({ id }) => id);
  const twice = ids.findIndex((id, index) => ids.indexOf(id) !== index);
  if (twice !== -1)
    file.fail(['rows', twice, 'id'], `two rows are called ${ids[twice]}; give one a name and a to`);
}

function conditionOf(file: YamlFile<EditFile>): ReturnType<typeof compileScoped> {
  const { when } = file.content;
  if (when === undefined) return () => true;
  try {
    return compileScoped(when);
  } catch (error) {
    if (error instanceof BitHiveError) return file.fail(['when'], error.detail);
    throw error;
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new BitHiveError('BH_MAP_DEFINITION', `${path}:1: the file cannot be read`, { cause });
  }
}
