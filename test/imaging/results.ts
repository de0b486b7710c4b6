import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ReadReport } from '../../server/demo/ehr-reader.ts';
import type { DemoPatient } from '../../server/demo/patients.ts';
import { dciodvfy } from './dcmtk.ts';
import type { ImagingHospital } from './imaging-hospital.ts';
import type { Orthanc } from './orthanc.ts';

/** What is to come of each study, and where it is looked for. */
export const resultKinds = ['report', 'oru'] as const;
export type ResultKind = (typeof resultKinds)[number];

export interface Results {
  /** When each was found, in milliseconds since `sinceMs`. */
  readonly foundMs: ReadonlyMap<ResultKind, number>;
  readonly report: ReadReport;
}

const withinMs = 60_000;
const lookEveryMs = 25;

/** Looks at EHR, RIS and PACS until all results of a study are there. */
export async function awaitResults(
  hospital: ImagingHospital,
  patient: DemoPatient,
  sinceMs: number,
): Promise<Results> {
  const foundMs = new Map<ResultKind, number>();
  let report: ReadReport | null = null;
  while (foundMs.size < resultKinds.length || report === null) {
    report ??= await hospital.reports.reportOf(patient.accession);
    const looks: Readonly<Record<ResultKind, () => boolean | Promise<boolean>>> = {
      report: () => report !== null,
      oru: () => oruOf(hospital, patient) > 0,
    };
    for (const kind of resultKinds) {
      if (!foundMs.has(kind) && (await looks[kind]())) foundMs.set(kind, performance.now() - sinceMs);
    }
    if (performance.now() - sinceMs > withinMs) {
      const missing = resultKinds.filter((kind) => !foundMs.has(kind));
      throw new TypeError(`${patient.accession}: no ${missing.join(', ')}\n${hospital.engine.log()}`);
    }
    await new Promise((next) => setTimeout(next, lookEveryMs));
  }
  return { foundMs, report };
}

/** How many ORU^R01 about the study the RIS has. */
export const oruOf = ({ ris }: ImagingHospital, { accession }: DemoPatient): number =>
  ris.messages.filter((message) => message.get('MSH-9.2') === 'R01' && message.get('OBR-18') === accession)
    .length;

/** Errors of dciodvfy in an instance of the archive. */
export async function errorsOf(pacs: Orthanc, instance: string): Promise<readonly string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'bithive-results-'));
  try {
    const file = join(folder, 'result.dcm');
    await writeFile(file, await pacs.file(instance));
    return (await dciodvfy(file)).errors;
  } finally {
    await rm(folder, { recursive: true });
  }
}
