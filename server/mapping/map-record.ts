import { z } from 'zod';
import { BitHiveError } from '../../core/errors.ts';
import { hashOfFiles, type Overlay } from '../../mappings/index.ts';

/** How a version of the map came into force. */
const sources = ['folder', 'deploy', 'rollback'] as const;

const recordSchema = z.strictObject({
  /** `folder`: from the setting mappings.folder, at start. */
  from: z.enum(sources),
  /** The earlier version that it repeats. */
  of: z.number().int().min(0).optional(),
  by: z.string(),
  atMs: z.number(),
  note: z.string().optional(),
  /** Texts of the overlay by path; none: the rows that come with the engine alone. */
  files: z.record(z.string(), z.string()),
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

/** What tells one overlay from another, whoever deployed it; `none` for no overlay at all. */
export function contentHash(files: MapRecord['files']): string {
  return Object.keys(files).length === 0 ? 'none' : hashOfFiles(sorted(files));
}

const sorted = (files: MapRecord['files']): ReadonlyMap<string, string> =>
  new Map(Object.entries(files).sort(([a], [b]) => (a < b ? -1 : 1)));
