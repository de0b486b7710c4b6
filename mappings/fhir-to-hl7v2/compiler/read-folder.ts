import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import { BitHiveError } from '../../../core/errors.ts';
import { type CodeTable, readCodeTable } from '../../hl7v2/compiler/code-table.ts';
import { readYamlFile, type YamlFile } from '../../hl7v2/compiler/yaml-file.ts';
import { type CompiledOutMessage, compileOutMessage } from './compile-message.ts';
import { type CompiledSegment, compileSegment, compileType } from './compile-segment.ts';
import type { Converter } from './converter.ts';
import { outMessageSchema, outSegmentSchema, outTypeSchema } from './schema.ts';

export interface OutboundFolder {
  readonly messages: readonly CompiledOutMessage[];
  /** Of all files, for the version of the map. */
  readonly hash: string;
}

/** A file of outbound rows: where it says that it stands, and what it says. */
export interface OutboundFile {
  readonly name: string;
  readonly text: string;
}

/** Reads, checks and compiles outbound rows, by path. Throws BH_MAP_DEFINITION with file and line. */
export function readOutboundFolder(
  files: ReadonlyMap<string, OutboundFile>,
  builtIn: ReadonlyMap<string, Converter>,
): OutboundFolder {
  const hash = createHash('sha256');
  const texts = (part: string, extension: string): readonly (readonly [name: string, text: string])[] =>
    [...files]
      .filter(([path]) => path.startsWith(`${part}/`) && path.endsWith(extension))
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([path, { name, text }]) => {
        hash.update(`${path}\n`).update(text);
        return [name, text];
      });
  const tables = new Map(
    texts('tables', '.csv').map(([name, text]) => [basename(name, '.csv'), tableOf(name, text)]),
  );
  const converters = new Map(builtIn);
  const types = texts('types', '.yaml').map(([name, text]) => readYamlFile(name, text, outTypeSchema));
  addTypes(types, converters, tables);
  const vocabulary = { converters, tables };
  const segments = new Map<string, CompiledSegment>(
    texts('segments', '.yaml').map(([name, text]) => [
      basename(name, '.yaml'),
      compileSegment(readYamlFile(name, text, outSegmentSchema), vocabulary),
    ]),
  );
  const messages = texts('messages', '.yaml').map(([name, text]) =>
    compileOutMessage(readYamlFile(name, text, outMessageSchema), segments),
  );
  return { messages, hash: hash.digest('hex').slice(0, 12) };
}

type TypeFile = YamlFile<ReturnType<typeof outTypeSchema.parse>>;

/** A datatype may use others: each is compiled after those that it names. */
function addTypes(
  files: readonly TypeFile[],
  converters: Map<string, Converter>,
  tables: ReadonlyMap<string, CodeTable>,
): void {
  const waiting = [...files];
  while (waiting.length > 0) {
    const names = new Set(waiting.map(({ content }) => content.type));
    const at = waiting.findIndex(({ content }) => !content.rows.some(({ as }) => names.has(as)));
    const [file] = waiting.splice(Math.max(at, 0), 1);
    if (at < 0) file!.fail(['type'], 'datatypes use each other in a circle');
    converters.set(file!.content.type, compileType(file!, { converters, tables }));
  }
}

function tableOf(name: string, text: string): CodeTable {
  return readCodeTable(basename(name, '.csv'), text, (line, why): never => {
    throw new BitHiveError('BH_MAP_DEFINITION', `${name}:${line}: ${why}`);
  });
}
