import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { BitHiveError } from '../../../core/errors.ts';
import { type CodeTable, readCodeTable } from './code-table.ts';
import {
  type MessageFile,
  messageFileSchema,
  type SegmentFile,
  segmentFileSchema,
  type TypeFile,
  typeFileSchema,
} from './schema.ts';
import { readYamlFile, type YamlFile } from './yaml-file.ts';

/** A map as it lies on disk, read and checked against its schemas. */
export interface MapFolder {
  readonly messages: readonly YamlFile<MessageFile>[];
  readonly segments: ReadonlyMap<string, YamlFile<SegmentFile>>;
  readonly types: readonly YamlFile<TypeFile>[];
  readonly tables: ReadonlyMap<string, CodeTable>;
  /** First 12 digits of the SHA-256 over all files: the version of the rows. */
  readonly hash: string;
}

/** Reads `messages/`, `segments/`, `types/` (YAML) and `tables/` (CSV). Throws BH_MAP_DEFINITION with file and line. */
export function readMapFolder(folder: string): MapFolder {
  const hash = createHash('sha256');
  const texts = (part: string, extension: string): { name: string; text: string }[] =>
    namesIn(join(folder, part), extension).map((name) => {
      const text = readFileSync(join(folder, part, name), 'utf8');
      hash.update(`${part}/${name}\n`).update(text);
      return { name: `${part}/${name}`, text };
    });
  const messages = texts('messages', '.yaml').map(({ name, text }) =>
    readYamlFile(name, text, messageFileSchema),
  );
  const segments = new Map(
    texts('segments', '.yaml').map(({ name, text }) => [
      basename(name, '.yaml'),
      readYamlFile(name, text, segmentFileSchema),
    ]),
  );
  const types = texts('types', '.yaml').map(({ name, text }) => readYamlFile(name, text, typeFileSchema));
  const tables = new Map(
    texts('tables', '.csv').map(({ name, text }) => [basename(name, '.csv'), tableOf(name, text)]),
  );
  return { messages, segments, types, tables, hash: hash.digest('hex').slice(0, 12) };
}

function tableOf(name: string, text: string): CodeTable {
  return readCodeTable(basename(name, '.csv'), text, (line, why): never => {
    throw new BitHiveError('BH_MAP_DEFINITION', `${name}:${line}: ${why}`);
  });
}

function namesIn(folder: string, extension: string): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => name.endsWith(extension))
      .sort();
  } catch (error) {
    throw new BitHiveError('BH_MAP_DEFINITION', `${folder}: cannot be read`, { cause: error });
  }
}
