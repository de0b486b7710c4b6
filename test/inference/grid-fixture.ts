import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DeliveryOutcome, LeasedDelivery } from '../../core/delivery.ts';
import { deliveryId, messageId } from '../../core/ids.ts';
import { type Finding, type InferenceJob, inferenceJobContentType } from '../../core/inference.ts';
import {
  type Blobs,
  type Clock,
  type Destination,
  silentLogger,
  silentMetrics,
} from '../../core/ports/index.ts';
import type { Study, StudyInstance } from '../../core/study.ts';
import { instanceFacts, readDataset } from '../../formats/dicom/index.ts';
import { bundledModelsFolder, createGrid, loadModels, type ModelRegistry } from '../../inference/index.ts';
import { openFolderBlobs } from '../../platform/blobs/index.ts';
import { systemClock } from '../../platform/clock.ts';

/** A blob folder that is removed again. */
export async function temporaryBlobs(): Promise<{ blobs: Blobs; remove: () => Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'bithive-grid-'));
  const blobs = await openFolderBlobs({ folder, diskFreeBytesMin: 0 });
  return { blobs, remove: () => rm(folder, { recursive: true, force: true }) };
}

export const neverStopped = new AbortController().signal;

/** A grid on blobs of its own, with the bundled models when no others are given. */
export interface TestGrid {
  readonly blobs: Blobs;
  readonly grid: Destination;
  /** What it finds in one object. */
  find(object: Uint8Array): Promise<Finding>;
  close(): Promise<void>;
}

export async function openTestGrid(
  options: { readonly workers?: number; readonly models?: ModelRegistry; readonly clock?: Clock } = {},
): Promise<TestGrid> {
  const { blobs, remove } = await temporaryBlobs();
  const grid = createGrid({
    models: options.models ?? (await loadModels([bundledModelsFolder()])),
    blobs,
    clock: options.clock ?? systemClock,
    logger: silentLogger,
    metrics: silentMetrics,
    workers: options.workers ?? 1,
  });
  return {
    blobs,
    grid,
    async find(object) {
      const instance = await storeInstance(blobs, object);
      return findingOf(await grid.send(deliveryOf(jobOf(studyOf([instance]))), neverStopped));
    },
    async close() {
      await grid.close();
      await remove();
    },
  };
}

export async function storeInstance(
  blobs: Blobs,
  object: Uint8Array,
  facts: Partial<StudyInstance> = {},
): Promise<StudyInstance> {
  const stored = await blobs.put(one(object), object.byteLength);
  return {
    ...instanceFacts(readDataset(object)),
    ...facts,
    blob: stored.hash,
    bytesCount: stored.bytesCount,
    receivedAtMs: 1,
  };
}

async function* one(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

export function studyOf(instances: readonly StudyInstance[], version = 1): Study {
  return { studyInstanceUid: instances[0]!.studyInstanceUid, version, instances, completedAtMs: 2 };
}

export function jobOf(study: Study, model = 'cxr-pneumonia-28'): InferenceJob {
  return { study, model, urgency: 'routine' };
}

/** The delivery as the outbox would hand it over. */
export function deliveryOf(job: unknown, facts: Partial<LeasedDelivery> = {}): LeasedDelivery {
  return {
    id: deliveryId(1),
    messageId: messageId(1),
    channel: 'imaging-ai',
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
    leaseOwner: 'test',
    leaseEpoch: 1,
    leaseUntilMs: Number.MAX_SAFE_INTEGER,
    ...facts,
  };
}

/** The finding that a delivered outcome carries. */
export function findingOf(outcome: DeliveryOutcome): Finding {
  if (outcome.kind !== 'delivered' || outcome.answer?.body.kind !== 'inline')
    throw new Error(`no finding in ${JSON.stringify(outcome)}`);
  return JSON.parse(Buffer.from(outcome.answer.body.bytes).toString('utf8')) as Finding;
}

/** Installs a generated ONNX file under a copy of a manifest. */
export async function installModel(
  folder: string,
  name: string,
  onnx: Uint8Array,
  manifest: object,
): Promise<void> {
  const sha256 = createHash('sha256').update(onnx).digest('hex');
  await mkdir(join(folder, name), { recursive: true });
  await writeFile(join(folder, name, 'model.onnx'), onnx);
  await writeFile(join(folder, name, 'manifest.json'), JSON.stringify({ ...manifest, name, sha256 }));
}
