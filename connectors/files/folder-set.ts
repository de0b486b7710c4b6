import type { JsonObject } from '../../core/json.ts';
import type { FileAccess } from './file-access.ts';

/** The folders of one door: what comes in lies at the top, `work/` holds what is being taken, `done/` and `error/` what was. */
export class FolderSet {
  readonly inbox: string;
  readonly work: string;
  readonly #done: string;
  readonly #error: string;
  readonly #access: FileAccess;

  constructor(access: FileAccess, folder: string) {
    this.#access = access;
    this.inbox = folder;
    this.work = access.join(folder, 'work');
    this.#done = access.join(folder, 'done');
    this.#error = access.join(folder, 'error');
  }

  async make(): Promise<void> {
    for (const folder of [this.work, this.#done, this.#error]) await this.#access.makeFolder(folder);
  }

  /** What was taken is durable elsewhere: the file may go. */
  async done(name: string, isKept: boolean): Promise<void> {
    const access = this.#access;
    if (isKept) await this.#moveTo(this.#done, name);
    else await access.remove(access.join(this.work, name));
    await access.syncFolder(this.work);
  }

  /** The reason is written first: a file in `error/` always has one. */
  async failed(name: string, reason: JsonObject): Promise<void> {
    const access = this.#access;
    const free = await this.#freeName(this.#error, name);
    const text = `${JSON.stringify({ file: name, ...reason }, null, 2)}\n`;
    await access.write(access.join(this.#error, `${free}.reason.json`), [Buffer.from(text)]);
    await access.move(access.join(this.work, name), access.join(this.#error, free));
    await access.syncFolder(this.#error);
    await access.syncFolder(this.work);
  }

  async #moveTo(folder: string, name: string): Promise<void> {
    const access = this.#access;
    const free = await this.#freeName(folder, name);
    await access.move(access.join(this.work, name), access.join(folder, free));
    await access.syncFolder(folder);
  }

  /** The name, or with `.2`, `.3` ... behind it: what is there is never overwritten. */
  async #freeName(folder: string, name: string): Promise<string> {
    const access = this.#access;
    let free = name;
    for (let nth = 2; await access.exists(access.join(folder, free)); nth++) free = `${name}.${nth}`;
    return free;
  }
}
