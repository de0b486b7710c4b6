import { FileOrder } from './file-order.ts';
import { LogOrder } from './log-order.ts';
import { lengthAndOffset } from './quoted.ts';
import type { CallListener, TracedCall } from './trace-calls.ts';

export interface SyncOrderOptions {
  /** The data folder, absolute. */
  readonly folder: string;
  /** Control ids as they stand in messages and acknowledgements; global. They begin with a letter and are of one length. */
  readonly controlId: RegExp;
  /** SOP Instance UIDs as they stand in the answer; global. */
  readonly instanceUid: RegExp;
  /** The hash of an instance that was sent. */
  readonly hashOf: (instanceUid: string) => string | undefined;
  readonly isSentHash: (hash: string) => boolean;
}

const writes = new Set(['write', 'writev', 'pwrite64', 'pwritev', 'pwritev2', 'sendto', 'sendmsg']);
const names = new Set(['rename', 'link', 'mkdir', 'openat', 'unlink']);
const syncs = new Set(['fsync', 'fdatasync']);
const violationsMax = 1000;

/**
 * Judges a trace of the engine: an acknowledgement leaves after the sync of the group that holds its message; a body and the folders
 * that lead to it are synced before the row that names it is written; the log starts anew only when the database was synced.
 */
export class SyncOrder implements CallListener {
  readonly violations: string[] = [];
  acknowledged = 0;
  answeredInstances = 0;
  readonly #options: SyncOrderOptions;
  readonly #log: LogOrder;
  readonly #files = new FileOrder();
  readonly #databasePath: string;

  constructor(options: SyncOrderOptions) {
    this.#options = options;
    this.#databasePath = `${options.folder}/bithive.db`;
    this.#log = new LogOrder(
      (text) => this.#marksOf(text),
      (mark) => this.#requireBody(mark),
    );
  }

  get log(): Pick<LogOrder, 'transactions' | 'syncs' | 'failedSyncs' | 'restarts'> {
    return this.#log;
  }

  begin(call: TracedCall): void {
    if (syncs.has(call.name)) this.#beginSync(call);
    else if (writes.has(call.name) && call.file.startsWith('socket:')) this.#answer(call);
    else if (call.file === `${this.#databasePath}-wal`) this.#beginLogWrite(call);
  }

  end(call: TracedCall, result: number): void {
    if (syncs.has(call.name)) {
      if (this.#isLog(call)) this.#log.endSync(call, result);
      this.#files.endSync(call, result);
    } else if (names.has(call.name)) this.#files.named(call, result);
    else if (writes.has(call.name) && call.file.startsWith('/')) {
      if (this.#isLog(call)) this.#log.endWrite(call, result);
      this.#files.wrote(call);
    }
  }

  #isLog(call: TracedCall): boolean {
    return call.file === `${this.#databasePath}-wal`;
  }

  #beginSync(call: TracedCall): void {
    if (this.#isLog(call)) this.#log.beginSync(call);
    this.#files.beginSync(call);
  }

  #beginLogWrite(call: TracedCall): void {
    const { offset } = lengthAndOffset(call.text);
    if (offset === 0 && !this.#files.isSynced(this.#databasePath)) {
      this.#violated('the log starts anew before the database was synced');
    }
    this.#log.beginWrite(call);
  }

  #marksOf(text: string): readonly string[] {
    const hashes = (text.match(/[0-9a-f]{64,}/g) ?? []).flatMap((run) => this.#hashesIn(run));
    return [...(text.match(this.#options.controlId) ?? []), ...hashes];
  }

  /** An octal escape before the hash may lengthen the run. */
  #hashesIn(run: string): readonly string[] {
    const windows = Array.from({ length: run.length - 63 }, (_, at) => run.slice(at, at + 64));
    return windows.filter((hash) => this.#options.isSentHash(hash));
  }

  /** A row that names a body is about to be written. */
  #requireBody(mark: string): void {
    if (!this.#options.isSentHash(mark)) return;
    const path = this.#files.pathOf(mark);
    if (path === undefined) {
      this.#violated(`row of ${mark} before its body has a name`);
      return;
    }
    if (!this.#files.isSynced(path)) this.#violated(`row of body before body: ${path} is not synced`);
    for (const why of this.#files.unsettledNames(path)) this.#violated(`row of body before body: ${why}`);
  }

  #answer({ text }: TracedCall): void {
    if (text.includes('MSA|AA|')) {
      for (const [, id] of text.matchAll(/MSA\|AA\|(\w+)/g)) if (id) this.#acknowledge(id);
    }
    if (!text.includes('HTTP/1.1 200')) return;
    for (const uid of new Set(text.match(this.#options.instanceUid))) this.#answerInstance(uid);
  }

  #acknowledge(controlId: string): void {
    this.acknowledged += 1;
    if (!this.#log.isDurable(controlId)) this.#violated(`AA of ${controlId} before the sync of its group`);
    for (const why of this.#files.unsettledNames(`${this.#databasePath}-wal`))
      this.#violated(`AA of ${controlId}: ${why}`);
  }

  #answerInstance(uid: string): void {
    const hash = this.#options.hashOf(uid);
    if (hash === undefined) return;
    this.answeredInstances += 1;
    if (!this.#log.isDurable(hash)) this.#violated(`answer of ${uid} before the sync of its row`);
  }

  #violated(what: string): void {
    if (this.violations.length < violationsMax) this.violations.push(what);
  }
}
