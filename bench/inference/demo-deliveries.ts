import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { LeasedDelivery } from '../../core/delivery.ts';
import { deliveryId, messageId } from '../../core/ids.ts';
import { type InferenceJob, inferenceJobContentType } from '../../core/inference.ts';
import type { Blobs } from '../../core/ports/index.ts';
import { instanceFacts, readDataset } from '../../formats/dicom/index.ts';
import { bundledModelsFolder } from '../../inference/index.ts';

/** `inference/models` has the repository above it, `dist/inference/models` one folder more. */
const inDist = /[/\\]dist[/\\]inference[/\\]models$/.test(bundledModelsFolder());
const demoFolder = join(bundledModelsFolder(), inDist ? '../../..' : '../..', 'data/demo/cxr');

/** One delivery for each demo radiograph, stored as a blob. */
export async function demoDeliveries(blobs: Blobs, model: string): Promise<readonly LeasedDelivery[]> {
  const deliveries: LeasedDelivery[] = [];
  for (let nth = 1; nth <= 8; nth += 1) {
    const object = await readFile(join(demoFolder, `demo-cxr-${nth}.dcm`));
    const stored = await blobs.put(one(object), object.length);
    const facts = instanceFacts(readDataset(object));
    const instance = { ...facts, blob: stored.hash, bytesCount: stored.bytesCount, receivedAtMs: 0 };
    const job: InferenceJob = {
      study: {
        studyInstanceUid: facts.studyInstanceUid,
        version: 1,
        instances: [instance],
        completedAtMs: 0,
      },
      model,
      urgency: 'routine',
    };
    deliveries.push(deliveryOf(job, nth));
  }
  return deliveries;
}

function deliveryOf(job: InferenceJob, nth: number): LeasedDelivery {
  return {
    id: deliveryId(nth),
    messageId: messageId(nth),
    channel: 'bench',
    channelVersion: 1,
    destination: 'grid',
    lanes: [],
    priority: 0,
    dueAtMs: 0,
    expiresAtMs: Number.MAX_SAFE_INTEGER,
    contentType: inferenceJobContentType,
    body: { kind: 'inline', bytes: new Uint8Array(Buffer.from(JSON.stringify(job))) },
    state: 'leased',
    attempts: 1,
    createdAtMs: 0,
    leaseOwner: 'bench',
    leaseEpoch: 1,
    leaseUntilMs: Number.MAX_SAFE_INTEGER,
  };
}

async function* one(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
