import { z } from 'zod';
import { BitHiveError } from '../../core/errors.ts';
import type { Json, JsonObject } from '../../core/json.ts';
import { limits } from '../../core/limits.ts';
import type { StateKey } from '../../core/ports/index.ts';

/** Structured reports that a channel made of a study by one model: a later one names the one before it (PS3.3 C.17.2, Predecessor Documents). */
interface DicomReport {
  readonly version: number;
  readonly sopInstanceUid: string;
  readonly seriesInstanceUid: string;
}

const reportsSchema = z.array(
  z.object({ version: z.int().min(1), sopInstanceUid: z.string(), seriesInstanceUid: z.string() }),
);

/** Kept as a published fact: it goes when the message that wrote it last is forgotten. */
export const reportSeries = (channel: string, studyInstanceUid: string, model: string): StateKey => ({
  scope: 'dicom-report',
  key: `${channel}|${studyInstanceUid}|${model}`,
});

/** The report before this one: the newest of an earlier version, or of another answer to the same. Throws BH_STORE_STATE. */
export function earlierReport(
  known: Json | undefined,
  sopInstanceUid: string,
  version: number,
): DicomReport | undefined {
  const reports = parsed(known);
  const own = reports.findIndex((report) => report.sopInstanceUid === sopInstanceUid);
  const before = own === -1 ? reports : reports.slice(0, own);
  return before.findLast((report) => report.version <= version);
}

/** With this report behind the others; one that is made again keeps its place. */
export function withReport(
  known: Json | undefined,
  { sopInstanceUid, seriesInstanceUid }: Omit<DicomReport, 'version'>,
  version: number,
): JsonObject[] {
  const reports = parsed(known);
  const isKnown = reports.some((report) => report.sopInstanceUid === sopInstanceUid);
  const all = isKnown ? reports : [...reports, { version, sopInstanceUid, seriesInstanceUid }];
  return all.slice(-limits.dicomReportsKeptMax).map((report) => ({ ...report }));
}

function parsed(known: Json | undefined): readonly DicomReport[] {
  if (known === undefined || known === null) return [];
  const result = reportsSchema.safeParse(known);
  if (result.success) return result.data;
  throw new BitHiveError('BH_STORE_STATE', 'the state of the DICOM reports of a study is none');
}
