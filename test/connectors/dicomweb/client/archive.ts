import { createStowDestination } from '../../../../connectors/dicomweb/client/index.ts';
import type { LeasedDelivery } from '../../../../core/delivery.ts';
import { dicomResultContentType } from '../../../../core/dicom-object.ts';
import type { Blobs } from '../../../../core/ports/index.ts';
import { openFolderBlobs } from '../../../../platform/blobs/index.ts';
import { systemClock } from '../../../../platform/clock.ts';
import { systemRandom } from '../../../../platform/random.ts';
import { delivery } from '../../fhir/deliveries.ts';
import { objectBytes } from '../object-bytes.ts';

export const sop = '1.2.3.4';

export const inMemory = (changes: Partial<LeasedDelivery> = {}): LeasedDelivery => ({
  ...delivery('', { study: '1.2.3', sopInstanceUid: sop, sopClassUid: '1.2.840.10008.5.1.4.1.1.2' }),
  contentType: dicomResultContentType,
  body: { kind: 'inline', bytes: objectBytes({ sopInstanceUid: sop }) },
  ...changes,
});

export async function blobsIn(folder: string): Promise<Blobs> {
  return openFolderBlobs({ folder });
}

export function stow(url: string, blobs: Blobs, more: { silenceMs?: number } = {}) {
  const keys = { secret: async (reference: string) => `secret of ${reference}` };
  return createStowDestination({
    url,
    blobs,
    ports: { clock: systemClock, random: systemRandom, keys },
    ...more,
  });
}

/** Entries of a Store Instances Response, in DICOM JSON. */
export const entry = (uid: string, reason?: number, isWarning = false) => ({
  '00081150': { vr: 'UI', Value: ['1.2.840.10008.5.1.4.1.1.2'] },
  '00081155': { vr: 'UI', ...(uid === '' ? {} : { Value: [uid] }) },
  ...(reason === undefined ? {} : { [isWarning ? '00081196' : '00081197']: { vr: 'US', Value: [reason] } }),
});

export const response = (stored: readonly object[], failed: readonly object[] = []) => ({
  '00081190': { vr: 'UR' },
  ...(failed.length === 0 ? {} : { '00081198': { vr: 'SQ', Value: failed } }),
  ...(stored.length === 0 ? {} : { '00081199': { vr: 'SQ', Value: stored } }),
});
