import type * as z from 'zod';
import { BitHiveError } from '../../../core/errors.ts';
import { type CodeTable, readCodeTable } from './code-table.ts';
import { resolveLikes } from './like-message.ts';
import { filesOf, hashOf, type MapFiles } from './map-files.ts';
import { type ParsedRows, parsedFile } from './parsed-rows.ts';
import {
  type MessageFile,
  messageFileSchema,
  type SegmentFile,
  segmentFileSchema,
  type TypeFile,
  typeFileSchema,
} from './schema.ts';
import { readYamlFile, type YamlFile } from './yaml-file.ts';

/** A map as its files say it, read and checked against their schemas. Files by name: `pid.patient`. */
export interface MapFolder {
  readonly messages: ReadonlyMap<string, YamlFile<MessageFile>>;
  readonly segments: ReadonlyMap<string, YamlFile<SegmentFile>>;
  readonly types: ReadonlyMap<string, YamlFile<TypeFile>>;
  readonly tables: ReadonlyMap<string, CodeTable>;
  /** First 12 digits of the SHA-256 over all files: the version of the rows. */
  readonly hash: string;
}

/**
 * @param parsed what the files say, where it is known already
 * @throws BH_MAP_DEFINITION with file and line
 */
export function readMapFolder(files: MapFiles, parsed?: ParsedRows): MapFolder {
  const read = <S extends z.ZodType>(
    part: 'messages' | 'segments' | 'types',
    schema: S,
  ): Map<string, YamlFile<z.output<S>>> =>
    new Map(
      filesOf(files, part).map(({ name, path, text }) => {
        const ofText = () => readYamlFile(path, text, schema);
        const content = parsed?.contents[path] as z.output<S> | undefined;
        return [name, content === undefined ? ofText() : parsedFile(path, content, ofText)];
      }),
    );
  return {
    messages: resolveLikes(read('messages', messageFileSchema)),
    segments: read('segments', segmentFileSchema),
    types: read('types', typeFileSchema),
    tables: new Map(
      filesOf(files, 'tables').map(({ name, path, text }) => [name, readTableFile(name, path, text)]),
    ),
    hash: hashOf(files),
  };
}

/** Throws BH_MAP_DEFINITION with file and line. */
export function readTableFile(name: string, path: string, text: string): CodeTable {
  return readCodeTable(name, text, (line, why): never => {
    throw new BitHiveError('BH_MAP_DEFINITION', `${path}:${line}: ${why}`);
  });
}
