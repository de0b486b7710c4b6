import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ReadReport } from '../../server/demo/ehr-reader.ts';
import type { DemoPatient } from '../../server/demo/patients.ts';
import { dciodvfy } from './dcmtk.ts';
import type { ImagingHospital } from './imaging-hospital.ts';
import type { Orthanc } from './orthanc.ts';

/** What is to come of each study, and where it is looked for. */
export const resultKinds = ['report', 'oru', 'SR', 'SC', 'PDF'] as const;
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
      SR: () => has(hospital, patient, 'SR'),
      SC: () => has(hospital, patient, 'SC'),
      PDF: () => has(hospital, patient, 'PDF'),
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

/** Results as the archive knows them: by their modality (PS3.3 C.7.3.1.1.1). */
const modalities = { SR: 'SR', SC: 'OT', PDF: 'DOC' } as const;
export type ObjectKind = keyof typeof modalities;
export const objectKinds = Object.keys(modalities) as readonly ObjectKind[];

/** Orthanc's names of the results of a kind in a study. */
export const objectsOf = (
  { pacs }: ImagingHospital,
  { studyInstanceUid }: DemoPatient,
  kind: ObjectKind,
): Promise<readonly string[]> =>
  pacs.find('Instance', { StudyInstanceUID: studyInstanceUid, Modality: modalities[kind] });

const has = async (hospital: ImagingHospital, patient: DemoPatient, kind: ObjectKind): Promise<boolean> =>
  (await objectsOf(hospital, patient, kind)).length > 0;

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
