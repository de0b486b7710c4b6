import { z } from 'zod';
import { BitHiveError } from '../../core/errors.ts';
import { hashOfFiles, type MapFiles, type Overlay } from '../../mappings/index.ts';

/** How a version of the map came into force. */
const sources = ['folder', 'deploy', 'rollback', 'release'] as const;

const recordSchema = z.strictObject({
  /** `folder`: from the setting mappings.folder or from beside the channels, at start; `release`: the engine came with other rows. */
  from: z.enum(sources),
  /** The earlier version that it repeats. */
  of: z.number().int().min(0).optional(),
  by: z.string(),
  atMs: z.number(),
  note: z.string().optional(),
  /** Texts of the overlay by path; none: the rows that come with the engine alone. */
  files: z.record(z.string(), z.string()),
  /** Texts of the files from HL7 v2 to HL7 v2 that lay beside the channels. */
  beside: z.record(z.string(), z.string()).optional(),
  /** Of `folder`: what tells the overlay of the settings, which may be another than the one in force after a rollback. */
  folder: z.string().optional(),
  /** The rows that came with the engine, by their number in the store; absent: the first that it kept. */
  rows: z.number().int().min(1).optional(),
});

/** A version of the map as it is kept: the whole overlay, who put it in force, when, from where. */
export type MapRecord = z.output<typeof recordSchema>;

export const printRecord = (record: MapRecord): string => JSON.stringify(record);

/** @throws BH_STORE_STATE when the text is not what `printRecord` writes */
export function parseRecord(text: string, version: number): MapRecord {
  try {
    return recordSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw new BitHiveError('BH_STORE_STATE', `map version ${version} cannot be read`, { cause });
  }
}

/** Places in its files begin with the version. */
export const overlayOfRecord = ({ files }: Pick<MapRecord, 'files'>, label: string): Overlay => ({
  files: sorted(files),
  label,
});

const keptRowsSchema = z.strictObject({ hash: z.string(), files: z.record(z.string(), z.string()) });

/** The rows of a release as they are kept. */
export const printRows = (hash: string, files: ReadonlyMap<string, string>): string =>
  JSON.stringify({ hash, files: Object.fromEntries(files) });

/** @throws BH_STORE_STATE when the text is not what `printRows` writes */
export function parseRows(text: string): { readonly hash: string; readonly files: MapFiles } {
  try {
    const { hash, files } = keptRowsSchema.parse(JSON.parse(text));
    return { hash, files: new Map(Object.entries(files)) };
  } catch (cause) {
    throw new BitHiveError('BH_STORE_STATE', 'rows of a release cannot be read', { cause });
  }
}

/** What tells one overlay from another, whoever deployed it; `none` for no overlay at all. */
export function contentHash(files: MapRecord['files']): string {
  return Object.keys(files).length === 0 ? 'none' : hashOfFiles(sorted(files));
}

export const sorted = (files: MapRecord['files']): ReadonlyMap<string, string> =>
  new Map(Object.entries(files).sort(([a], [b]) => (a < b ? -1 : 1)));
