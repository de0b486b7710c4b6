import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { HeldInstance, HeldObjects } from '../../connectors/dicomweb/surface/index.ts';
import type { Touched } from './api-route.ts';

const uid = z.string().min(1).max(64);

export const studyParams = z.strictObject({ study: uid });
export const seriesParams = z.strictObject({ study: uid, series: uid });
export const instanceParams = z.strictObject({ study: uid, series: uid, instance: uid });

/** Root of the DICOMweb service as this client reaches it. */
export const dicomwebBase = (request: FastifyRequest): string =>
  `${request.protocol}://${request.host}/dicomweb`;

export const studyUrl = '/dicomweb/studies/:study';
export const seriesUrl = `${studyUrl}/series/:series`;
export const instanceUrl = `${seriesUrl}/instances/:instance`;

export interface Place {
  readonly study: string;
  readonly series?: string;
  readonly instance?: string;
}

/** The instances at an address, in their order. */
export async function heldAt(
  held: HeldObjects,
  { study, series, instance }: Place,
): Promise<readonly HeldInstance[]> {
  const name = instance === undefined ? 'study-uid' : 'sop-uid';
  return held.find(
    { name, value: instance ?? study },
    (one) =>
      one.studyInstanceUid === study &&
      (series === undefined || one.seriesInstanceUid === series) &&
      (instance === undefined || one.sopInstanceUid === instance),
  );
}

const touchedUidsMax = 1_000;

/** What was shown, for the audit trail. */
export function seen(instances: readonly HeldInstance[]): Touched {
  const patients = [
    ...new Set(instances.flatMap(({ patientId }) => (patientId === undefined ? [] : [patientId]))),
  ];
  const found = instances.slice(0, touchedUidsMax).map(({ sopInstanceUid }) => sopInstanceUid);
  return { patients, count: instances.length, found };
}
