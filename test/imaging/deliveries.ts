import { readFile } from 'node:fs/promises';
import type { DemoPatient } from '../../server/demo/patients.ts';
import type { ImagingHospital } from './imaging-hospital.ts';

/** A way in which a study comes to the engine by itself. */
export interface Delivery {
  readonly name: string;
  /** Resolves when the sender has said that it is done. */
  send(hospital: ImagingHospital, patient: DemoPatient): Promise<void>;
}

/** The archive has the study, and its administrator starts a STOW-RS job. */
const orthancStow: Delivery = {
  name: 'Orthanc STOW job',
  async send({ pacs }, { file }) {
    const instance = await pacs.store(await readFile(file));
    await pacs.stow('bithive', [instance]);
  },
};

export const deliveries: readonly Delivery[] = [orthancStow];
