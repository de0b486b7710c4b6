import { readFile } from 'node:fs/promises';
import type { DemoPatient } from '../../server/demo/patients.ts';
import { type Peer, storeStatuses, storescu } from './dcmtk.ts';
import type { ImagingHospital } from './imaging-hospital.ts';

/** A way in which a study comes to the engine by itself. */
export interface Delivery {
  readonly name: string;
  /** Resolves when the sender has said that it is done. */
  send(hospital: ImagingHospital, patient: DemoPatient): Promise<void>;
}

/** A modality sends to the engine. */
const modality: Delivery = {
  name: 'storescu',
  send: ({ node }, { file }) => stored(node, file),
};

/** A modality sends to the archive, whose rule sends on what came. */
const autoRoute: Delivery = {
  name: 'Orthanc auto-route',
  send: ({ pacs }, { file }) => stored(pacs, file),
};

async function stored(peer: Peer, file: string): Promise<void> {
  const sent = await storescu(peer, [file]);
  if (storeStatuses(sent).join() !== 'Success') throw new TypeError(`storescu: ${sent.text}`);
}

/** The archive has the study, and its administrator starts a STOW-RS job. */
const orthancStow: Delivery = {
  name: 'Orthanc STOW job',
  async send({ pacs }, { file }) {
    const instance = await pacs.store(await readFile(file));
    await pacs.stow('bithive', [instance]);
  },
};

export const deliveries: readonly Delivery[] = [modality, autoRoute, orthancStow];
