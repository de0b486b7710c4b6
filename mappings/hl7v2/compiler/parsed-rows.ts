import { existsSync, readFileSync } from 'node:fs';
import { filesOf, hashOf, type MapFiles } from './map-files.ts';
import { messageFileSchema, segmentFileSchema, typeFileSchema } from './schema.ts';
import { readYamlFile, type YamlFile } from './yaml-file.ts';

/**
 * What the files of a map say, by path, as their schemas gave it when the engine was built: reading YAML is most of the time that a process takes to
 * its first conversion. It stands for files of this hash only.
 */
export interface ParsedRows {
  readonly hash: string;
  readonly contents: { readonly [path: string]: unknown };
}

const schemas = { messages: messageFileSchema, segments: segmentFileSchema, types: typeFileSchema } as const;

/** Written by the build, from the files that it has just checked. Throws BH_MAP_DEFINITION with file and line. */
export function parseRows(files: MapFiles): ParsedRows {
  const contents: { [path: string]: unknown } = {};
  for (const part of ['messages', 'segments', 'types'] as const)
    for (const { path, text } of filesOf(files, part))
      contents[path] = readYamlFile(path, text, schemas[part]).content;
  return { hash: hashOf(files), contents };
}

/** The rows that the build left at a path; undefined where there are none, or they are of other files. */
export function readParsedRows(path: string, files: MapFiles): ParsedRows | undefined {
  // From source, and in tests, nothing was built.
  if (!existsSync(path)) return undefined;
  const parsed = JSON.parse(readFileSync(path, 'utf8')) as ParsedRows;
  return parsed.hash === hashOf(files) ? parsed : undefined;
}

/** A file whose content is known; it is read again when somebody asks for a line of it. */
export function parsedFile<T>(
  path: string,
  content: T,
  read: () => Pick<YamlFile<T>, 'at' | 'fail'>,
): YamlFile<T> {
  let file: Pick<YamlFile<T>, 'at' | 'fail'> | undefined;
  const asked = (): Pick<YamlFile<T>, 'at' | 'fail'> => {
    file ??= read();
    return file;
  };
  return { name: path, content, at: (of) => asked().at(of), fail: (of, why) => asked().fail(of, why) };
}
