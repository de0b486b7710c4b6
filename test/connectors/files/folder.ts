import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  createFileSource,
  createLocalFiles,
  type FileSourceOptions,
  hl7Intake,
} from '../../../connectors/files/index.ts';
import { messageId } from '../../../core/ids.ts';
import type { Arrival } from '../../../core/message.ts';
import {
  type Accept,
  type Acceptance,
  type Blobs,
  silentLogger,
  silentMetrics,
} from '../../../core/ports/index.ts';
import { openFolderBlobs } from '../../../platform/blobs/index.ts';
import { systemClock } from '../hl7v2/ports.ts';

/** A folder that is watched, with a store that keeps what a real one keeps of it: names, for duplicates. */
export interface Watched {
  readonly folder: string;
  readonly blobs: Blobs;
  readonly arrivals: Arrival[];
  /** What `accept` does besides; throws to refuse a commit. */
  fails: (arrival: Arrival) => void;
  drop(name: string, content: string | Uint8Array): Promise<void>;
  in(place: '' | 'work' | 'done' | 'error'): Promise<readonly string[]>;
  read(path: string): Promise<string>;
  start(options?: Partial<FileSourceOptions>): Promise<void>;
  stop(): Promise<void>;
  remove(): Promise<void>;
}

export async function watch(): Promise<Watched> {
  const root = await mkdtemp(join(tmpdir(), 'bithive-files-'));
  const folder = join(root, 'in');
  await mkdir(folder);
  const blobs = await openFolderBlobs({ folder: join(root, 'blobs'), isShared: false, diskFreeBytesMin: 0 });
  const known = new Map<string, number>();
  let stop = async (): Promise<void> => {};
  const watched: Watched = {
    folder,
    blobs,
    arrivals: [],
    fails: () => {},
    drop: (name, content) => writeFile(join(folder, name), content),
    in: async (place) =>
      (await readdir(join(folder, place), { withFileTypes: true }))
        .filter((entry) => entry.isFile())
        .map(({ name }) => name)
        .sort(),
    read: (path) => readFile(join(folder, path), 'utf8'),
    async start(options = {}) {
      const source = createFileSource({
        name: 'test',
        protocol: 'files',
        access: createLocalFiles(),
        folder,
        intake: hl7Intake({}),
        blobs,
        pollMs: 10,
        stableMs: 1,
        keepDone: true,
        clock: systemClock,
        logger: silentLogger,
        metrics: silentMetrics,
        ...options,
      });
      await source.start(accept);
      stop = () => source.stop(5_000);
    },
    stop: () => stop(),
    async remove() {
      await stop();
      await rm(root, { recursive: true, force: true });
    },
  };
  const accept: Accept = async (arrival): Promise<Acceptance> => {
    watched.fails(arrival);
    const name = `${arrival.dedupe?.key} ${arrival.dedupe?.contentHash}`;
    const before = arrival.dedupe ? known.get(name) : undefined;
    const id = before ?? known.size + 1;
    if (before === undefined) {
      known.set(arrival.dedupe ? name : `${id}`, id);
      watched.arrivals.push(arrival);
    }
    const duplicate = before !== undefined;
    return arrival.refusal
      ? { kind: 'refused', id: messageId(id), duplicate, error: arrival.refusal }
      : { kind: 'accepted', id: messageId(id), duplicate };
  };
  return watched;
}
