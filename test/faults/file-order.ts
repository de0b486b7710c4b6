import { basename, dirname } from 'node:path';
import { quotedStrings } from './quoted.ts';
import type { TracedCall } from './trace-calls.ts';

/** What a name stands for: a file, whatever other names it has. */
interface File {
  hasUnsyncedBytes: boolean;
}

interface UnderSync {
  readonly file: File;
  readonly hadBytes: boolean;
  /** Names in the folder that is synced. */
  readonly names: readonly string[];
}

/**
 * Follows what is durable of files and folders (fsync(2)): bytes after a sync of the file, a name after a sync of its folder, and a folder
 * that was made after a sync of the one it lies in. The trace begins with an empty folder.
 */
export class FileOrder {
  readonly #files = new Map<string, File>();
  /** Names that were made (open, link, rename, mkdir) and whose folder was not synced since, by folder. */
  readonly #unsettled = new Map<string, Set<string>>();
  readonly #syncing = new Map<TracedCall, UnderSync>();
  readonly #pathByBase = new Map<string, string>();

  wrote(call: TracedCall): void {
    this.#fileOf(call.file).hasUnsyncedBytes = true;
  }

  /** open, link, rename, mkdir and unlink, when they have returned. */
  named(call: TracedCall, result: number): void {
    if (result < 0) return;
    const [first = '', second = ''] = quotedStrings(call.text);
    if (call.name === 'openat') this.#opened(call, first);
    else if (call.name === 'unlink') this.#removed(first);
    else if (call.name === 'mkdir') this.#settleLater(first);
    else this.#moved(call.name, first, second);
  }

  beginSync(call: TracedCall): void {
    const file = this.#fileOf(call.file);
    const names = [...(this.#unsettled.get(call.file) ?? [])];
    this.#syncing.set(call, { file, hadBytes: file.hasUnsyncedBytes, names });
    file.hasUnsyncedBytes = false;
  }

  endSync(call: TracedCall, result: number): void {
    const under = this.#syncing.get(call);
    this.#syncing.delete(call);
    if (!under) return;
    if (result !== 0) {
      under.file.hasUnsyncedBytes ||= under.hadBytes;
      return;
    }
    for (const name of under.names) this.#unsettled.get(call.file)?.delete(name);
  }

  isSynced(path: string): boolean {
    const file = this.#files.get(path);
    if (!file) return true;
    const isUnderSync = [...this.#syncing.values()].some((under) => under.file === file && under.hadBytes);
    return !file.hasUnsyncedBytes && !isUnderSync;
  }

  /** Where a file of this name lies now; undefined when there is none. */
  pathOf(base: string): string | undefined {
    return this.#pathByBase.get(base);
  }

  /** What keeps the name of the file from being durable; empty when nothing does. */
  unsettledNames(path: string): readonly string[] {
    const why: string[] = [];
    for (let at = path; dirname(at) !== at; at = dirname(at)) {
      if (this.#unsettled.get(dirname(at))?.has(at)) why.push(`the folder of ${at} is not synced`);
    }
    return why;
  }

  #fileOf(path: string): File {
    const known = this.#files.get(path);
    if (known) return known;
    const file: File = { hasUnsyncedBytes: false };
    this.#files.set(path, file);
    return file;
  }

  #opened({ text }: TracedCall, path: string): void {
    if (!text.includes('O_CREAT') || this.#files.has(path)) return;
    this.#fileOf(path);
    this.#settleLater(path);
    this.#pathByBase.set(basename(path), path);
  }

  /** A descriptor keeps the first name that its file had, so the file stays known under it. */
  #moved(call: string, from: string, to: string): void {
    this.#files.set(to, this.#fileOf(from));
    this.#settleLater(to);
    this.#pathByBase.set(basename(to), to);
    if (call === 'rename') this.#unsettled.get(dirname(from))?.delete(from);
  }

  #removed(path: string): void {
    this.#files.delete(path);
    this.#unsettled.get(dirname(path))?.delete(path);
  }

  #settleLater(path: string): void {
    const folder = dirname(path);
    this.#unsettled.set(folder, (this.#unsettled.get(folder) ?? new Set()).add(path));
  }
}
