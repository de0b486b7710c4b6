import { assert } from '../../core/assert.ts';
import { BitHiveError, toBitHiveError } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import type {
  Accept,
  Blobs,
  Clock,
  Counter,
  Listening,
  Logger,
  Metrics,
  Source,
} from '../../core/ports/index.ts';
import type { FileAccess, FileEntry } from './file-access.ts';
import type { FileIntake, FileVerdict } from './file-intake.ts';
import { FolderSet } from './folder-set.ts';
import { takeFile } from './taken-file.ts';

export interface FileSourceOptions {
  /** The channel's name, for logs and metrics. */
  readonly name: string;
  readonly protocol: 'files' | 'sftp';
  readonly access: FileAccess;
  readonly folder: string;
  /** Names that are taken; all but hidden and unfinished ones when it is left out. */
  readonly pattern?: RegExp;
  readonly intake: FileIntake;
  readonly blobs: Blobs;
  readonly pollMs: number;
  /** A file is taken once its size and time have not changed for this long. */
  readonly stableMs: number;
  readonly bytesMax?: number;
  /** What was taken well stays in `done/`; else it is removed. */
  readonly keepDone: boolean;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** What writers use while they write, and what is hidden. */
const unfinished = /^\.|~$|\.(?:tmp|temp|part|partial|filepart|crdownload|swp|writing)$/i;

/**
 * A folder as a door. Each look takes the files in the order of their names: a file that no longer grows is moved to `work/`, which only one
 * engine can do; its messages are accepted, and only when they are durable it goes to `done/`, or to `error/` with the reason beside it.
 * After a crash what is in `work/` is taken again: the store knows it by name and content, so nothing is processed twice.
 */
export function createFileSource(options: FileSourceOptions): Source {
  return new WatchedFolder(options);
}

class WatchedFolder implements Source {
  readonly #options: FileSourceOptions;
  readonly #folders: FolderSet;
  readonly #seen = new Map<string, { readonly entry: FileEntry; readonly sinceMs: number }>();
  /** In `work/`, to be taken first: left by a crash, or not kept by the store at the last attempt. */
  #claimed: string[] | null = null;
  readonly #files: Counter;
  #round: Promise<void> = Promise.resolve();
  #cancel: () => void = () => {};
  #isStopped = false;
  #hasFailed = false;

  constructor(options: FileSourceOptions) {
    this.#options = options;
    this.#folders = new FolderSet(options.access, options.folder);
    this.#files = options.metrics.counter({
      name: 'bithive_files_taken_total',
      help: 'Files taken from a folder, by outcome: done, refused, deferred.',
      labels: ['channel', 'outcome'],
    });
  }

  async start(accept: Accept): Promise<Listening> {
    const { access, folder, protocol, name, logger } = this.#options;
    // A folder of this machine that cannot be used is a fault of the channel file; a server may only be away for now.
    await this.#folders.make().catch((error: unknown) => {
      if (protocol === 'files') throw error;
      this.#failed(error);
    });
    this.#schedule(accept, 0);
    logger.info('files.watching', { channel: name, folder: `${access.place}${folder}` });
    return { protocol, host: `${access.place}${folder}`, port: 0 };
  }

  /** The file in hand is finished, whatever it takes up to `graceMs`; one that is not stays in `work/`. */
  async stop(graceMs: number): Promise<void> {
    this.#isStopped = true;
    this.#cancel();
    let giveUp = (): void => {};
    const graceIsOver = new Promise<void>((resolve) => {
      giveUp = this.#options.clock.after(graceMs, resolve);
    });
    await Promise.race([this.#round, graceIsOver]);
    giveUp();
    await this.#options.access.close();
  }

  #schedule(accept: Accept, delayMs: number): void {
    if (this.#isStopped) return;
    this.#cancel = this.#options.clock.after(delayMs, () => {
      this.#round = this.#look(accept)
        .then(
          () => this.#worksAgain(),
          (error: unknown) => this.#failed(error),
        )
        .finally(() => this.#schedule(accept, this.#options.pollMs));
    });
  }

  async #look(accept: Accept): Promise<void> {
    const { access, pattern } = this.#options;
    const { inbox, work } = this.#folders;
    if (this.#claimed === null) {
      await this.#folders.make();
      this.#claimed = (await access.list(work)).map(({ name }) => name).sort(byName);
    }
    while (this.#claimed.length > 0 && !this.#isStopped) {
      await this.#take(this.#claimed[0]!, accept);
      this.#claimed.shift();
    }
    const found = (await access.list(inbox))
      .filter(({ name }) => isTaken(name, pattern))
      .sort((a, b) => byName(a.name, b.name))
      .slice(0, limits.filesPerLook);
    this.#forget(found);
    for (const entry of found) {
      // One that still grows holds up those after it: they may depend on it.
      if (this.#isStopped || !this.#isStable(entry)) return;
      this.#seen.delete(entry.name);
      if (!(await this.#claim(entry.name))) continue;
      this.#claimed.push(entry.name);
      await this.#take(entry.name, accept);
      this.#claimed.pop();
    }
  }

  #isStable(entry: FileEntry): boolean {
    const nowMs = this.#options.clock.monotonicMs();
    const seen = this.#seen.get(entry.name);
    const isSame =
      seen?.entry.bytesCount === entry.bytesCount && seen.entry.modifiedAtMs === entry.modifiedAtMs;
    if (!isSame || seen === undefined) {
      this.#seen.set(entry.name, { entry, sinceMs: nowMs });
      return false;
    }
    return nowMs - seen.sinceMs >= this.#options.stableMs;
  }

  #forget(found: readonly FileEntry[]): void {
    const names = new Set(found.map(({ name }) => name));
    for (const name of this.#seen.keys()) if (!names.has(name)) this.#seen.delete(name);
  }

  async #claim(name: string): Promise<boolean> {
    const { access } = this.#options;
    const { inbox, work } = this.#folders;
    // One of that name is still at work: its writer sent the next too soon, and it must not be overwritten.
    if (await access.exists(access.join(work, name))) return false;
    const isOurs = await access.move(access.join(inbox, name), access.join(work, name));
    if (isOurs) await access.syncFolder(work);
    return isOurs;
  }

  /** Rejects when nothing could be kept: the file stays in `work/` for the next look. */
  async #take(name: string, accept: Accept): Promise<void> {
    const { access, intake, blobs, bytesMax = limits.fileBytesMax } = this.#options;
    const path = access.join(this.#folders.work, name);
    if (!(await access.exists(path))) return;
    let verdict: FileVerdict;
    try {
      verdict = await intake(await takeFile(name, access.read(path), { blobs, bytesMax }), accept, blobs);
    } catch (error) {
      const { code, detail, entry } = toBitHiveError(error);
      // A fault of our own would come again at each look and hold up all files after this one.
      if (code === 'BH_INTERNAL')
        this.#options.logger.error('files.failed', { channel: this.#options.name }, error);
      else if (!entry.permanent) {
        this.#count('deferred');
        throw error;
      }
      verdict = { messagesCount: 0, refusal: { code, detail } };
    }
    await this.#settle(name, verdict);
  }

  async #settle(name: string, verdict: FileVerdict): Promise<void> {
    const { name: channel, logger, clock, keepDone } = this.#options;
    for (const { code, detail } of verdict.issues ?? [])
      logger.warn('files.issue', { channel, code, detail });
    if (verdict.refusal === undefined) {
      await this.#folders.done(name, keepDone);
      this.#count('done');
      return;
    }
    const { refusal, refused, messagesCount } = verdict;
    logger.warn('files.refused', { channel, code: refusal.code });
    const at = new Date(clock.nowMs()).toISOString();
    const list = refused?.map(({ message, code, detail }) => ({ message, code, detail }));
    const reason = { code: refusal.code, detail: refusal.detail, at, messages: messagesCount };
    await this.#folders.failed(name, list === undefined ? reason : { ...reason, refused: list });
    this.#count('refused');
  }

  #count(outcome: 'done' | 'refused' | 'deferred'): void {
    this.#files.add(1, { channel: this.#options.name, outcome });
  }

  #failed(error: unknown): void {
    const { code, detail } = toBitHiveError(error);
    const unexpected = error instanceof BitHiveError ? undefined : error;
    // Said once, not at each look.
    if (!this.#hasFailed)
      this.#options.logger.error('files.fault', { channel: this.#options.name, code, detail }, unexpected);
    this.#hasFailed = true;
  }

  #worksAgain(): void {
    if (this.#hasFailed) this.#options.logger.info('files.works-again', { channel: this.#options.name });
    this.#hasFailed = false;
  }
}

function isTaken(name: string, pattern: RegExp | undefined): boolean {
  assert(!name.includes('/'), 'a list gives names, not paths');
  return !unfinished.test(name) && name.length <= limits.fileNameCharsMax && (pattern?.test(name) ?? true);
}

/** By code unit, so that it does not depend on the language of the machine. */
const byName = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
