import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  AwaitedCommitments,
  createDimseSource,
  type DimseSourceOptions,
  type HeldRecords,
} from '../../../connectors/dimse/index.ts';
import type { Arrival } from '../../../core/message.ts';
import type { Accept, Blobs, Source } from '../../../core/ports/index.ts';
import { silentLogger, silentMetrics } from '../../../core/ports/index.ts';
import { openFolderBlobs } from '../../../platform/blobs/index.ts';
import { systemClock } from '../../../platform/clock.ts';
import { memoryAccept } from '../dicomweb/stow-setup.ts';

/** A DICOM node of ours behind a real listener, with blobs in a folder of its own. */
export interface Node {
  readonly port: number;
  readonly arrivals: Arrival[];
  readonly blobs: Blobs;
  readonly source: Source;
  /** The bytes that an arrival stands for. */
  bytesOf(arrival: Arrival | undefined): Promise<Buffer>;
  /** Names of files in the blob folder that are no blobs: what a broken object left behind. */
  leftovers(): Promise<string[]>;
  close(): Promise<void>;
}

export async function startNode(
  options: Partial<DimseSourceOptions> = {},
  accept?: Accept,
  blobsOf: (blobs: Blobs) => Blobs = (blobs) => blobs,
): Promise<Node> {
  const folder = await mkdtemp(join(tmpdir(), 'bithive-dimse-'));
  const folderBlobs = await openFolderBlobs({ folder });
  const blobs = blobsOf(folderBlobs);
  const arrivals: Arrival[] = [];
  const source = createDimseSource({
    name: 'imaging',
    host: '127.0.0.1',
    port: 0,
    aeTitle: 'BITHIVE',
    callingAes: [],
    takesUnknown: false,
    associationsMax: 64,
    records: recordsOf(arrivals),
    commitments: new AwaitedCommitments(),
    nodeOf: () => null,
    blobs,
    clock: systemClock,
    logger: silentLogger,
    metrics: silentMetrics,
    ...options,
  });
  const { port } = await source.start(accept ?? memoryAccept(arrivals));
  return {
    port,
    arrivals,
    blobs,
    source,
    async bytesOf(arrival) {
      if (arrival?.body.kind !== 'blob') throw new TypeError('no blob');
      return Buffer.from(await folderBlobs.read(arrival.body.hash));
    },
    async leftovers() {
      const names = await readdir(folder, { recursive: true, withFileTypes: true });
      return names
        .filter((entry) => entry.isFile() && !/^[0-9a-f]{64}$/.test(entry.name))
        .map((entry) => entry.name);
    },
    async close() {
      await source.stop(1_000);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** What has arrived, as the engine would know it from its store. */
function recordsOf(arrivals: readonly Arrival[]): HeldRecords {
  return {
    holds: async (uid) =>
      arrivals.some(
        ({ kind, refusal, facts }) => kind === 'dicom' && !refusal && facts?.sopInstanceUid === uid,
      ),
    studiesOfStep: async (uid) => {
      const last = new Map<string, string>();
      for (const { kind, facts } of arrivals) {
        if (kind !== 'notice' || facts?.stepUid !== uid) continue;
        last.set(String(facts.studyInstanceUid), String(facts.status));
      }
      return [...last].map(([studyInstanceUid, status]) => ({ studyInstanceUid, status }));
    },
  };
}
