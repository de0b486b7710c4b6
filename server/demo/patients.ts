import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { instanceFacts, readDataset } from '../../formats/dicom/index.ts';
import { packageRoot } from '../package-root.ts';

/** One of the demo's invented patients, as the header of their radiograph tells. */
export interface DemoPatient {
  readonly file: string;
  readonly accession: string;
  readonly id: string;
  readonly issuer: string;
  /** XPN as HL7 writes it: family^given. */
  readonly name: string;
  readonly birthDate: string;
  readonly sex: string;
  /** HL7 table 0485. */
  readonly urgency: 'S' | 'R';
  readonly studyInstanceUid: string;
}

/** The demo's eight synthetic radiographs; they ship with the engine. */
export const demoImages = join(packageRoot, 'data/demo/cxr');

/** Every fourth patient comes from the emergency room. */
const statEvery = 4;

export async function demoPatients(folder: string = demoImages): Promise<readonly DemoPatient[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.dcm')).sort();
  return Promise.all(names.map((name, index) => patientOf(join(folder, name), index)));
}

async function patientOf(file: string, index: number): Promise<DemoPatient> {
  const facts = instanceFacts(readDataset(await readFile(file)));
  return {
    file,
    accession: facts.accessionNumber ?? '',
    id: facts.patientId ?? '',
    issuer: facts.patientIdIssuer ?? 'DEMOHOSP',
    name: facts.patientName ?? '',
    birthDate: facts.patientBirthDate ?? '',
    sex: facts.patientSex ?? 'U',
    urgency: index % statEvery === statEvery - 1 ? 'S' : 'R',
    studyInstanceUid: facts.studyInstanceUid,
  };
}
