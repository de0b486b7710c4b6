import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { LeasedDelivery } from '../../core/delivery.ts';
import { deliveryId, messageId } from '../../core/ids.ts';
import type { Blobs } from '../../core/ports/index.ts';
import { bundledModelsFolder } from '../../inference/index.ts';
import { deliveryOf, jobOf, storeInstance, studyOf } from '../../test/inference/grid-fixture.ts';

/** `inference/models` has the repository above it, `dist/inference/models` one folder more. */
const inDist = /[/\\]dist[/\\]inference[/\\]models$/.test(bundledModelsFolder());
const demoFolder = join(bundledModelsFolder(), inDist ? '../../..' : '../..', 'data/demo/cxr');

/** One delivery for each demo radiograph, stored as a blob. */
export async function demoDeliveries(blobs: Blobs, model: string): Promise<readonly LeasedDelivery[]> {
  const deliveries: LeasedDelivery[] = [];
  for (let nth = 1; nth <= 8; nth += 1) {
    const instance = await storeInstance(blobs, await readFile(join(demoFolder, `demo-cxr-${nth}.dcm`)));
    const ids = { id: deliveryId(nth), messageId: messageId(nth) };
    deliveries.push(deliveryOf(jobOf(studyOf([instance]), model), ids));
  }
  return deliveries;
}
