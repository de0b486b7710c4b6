import { BitHiveError } from '../../../core/errors.ts';
import type { MessageId } from '../../../core/ids.ts';
import { limits } from '../../../core/limits.ts';
import type { SearchKeyName } from '../../../core/message.ts';
import type { Store } from '../../../core/ports/index.ts';
import { type HeldInstance, heldInstance } from './held-instance.ts';

/** Under which name of its message an instance is looked for; null: among the newest. */
export type HeldKey = { readonly name: SearchKeyName; readonly value: string } | null;

export interface Held {
  /** Each once, the one that came last; by series and number. */
  readonly instances: readonly HeldInstance[];
  /** The oldest were not looked at. */
  readonly isCut: boolean;
}

/**
 * What the engine holds of studies, out of the messages that the objects came in as: no table of its own, so that it is true whatever
 * channel took them, on every store, and gone when retention takes the message. A message is found by its search keys; a question
 * without one looks at the newest `limits.dicomwebScanMessagesMax`.
 */
export class HeldObjects {
  readonly #store: Pick<Store, 'listMessages'>;
  #readsCount = 0;

  constructor(store: Pick<Store, 'listMessages'>) {
    this.#store = store;
  }

  /** Throws BH_STORE_BUSY when too many ask at once, BH_STORE_*. */
  async find(key: HeldKey, isWanted: (instance: HeldInstance) => boolean = () => true): Promise<Held> {
    if (this.#readsCount >= limits.dicomwebSearchesMax)
      throw new BitHiveError(
        'BH_STORE_BUSY',
        `${limits.dicomwebSearchesMax} searches for images are under way`,
      );
    this.#readsCount += 1;
    try {
      return await this.#find(key, isWanted);
    } finally {
      this.#readsCount -= 1;
    }
  }

  /**
   * As `find`, with all instances of the studies that the key finds one of: what a study's counts are of. Of a question without a key the studies
   * whose oldest instances were not looked at are read again, up to `limits.dicomwebSearchesMax` of them.
   */
  async findStudies(key: HeldKey): Promise<Held> {
    const found = await this.find(key);
    const isPart = key?.name === 'sop-uid' || (key === null && found.isCut);
    if (!isPart) return found;
    const uids = new Set(found.instances.map(({ studyInstanceUid }) => studyInstanceUid));
    const again = [...uids].slice(-limits.dicomwebSearchesMax);
    const wholes = new Map<string, readonly HeldInstance[]>();
    for (const value of again) wholes.set(value, (await this.find({ name: 'study-uid', value })).instances);
    const others = found.instances.filter(({ studyInstanceUid }) => !wholes.has(studyInstanceUid));
    return { instances: [...others, ...[...wholes.values()].flat()], isCut: found.isCut };
  }

  async #find(key: HeldKey, isWanted: (instance: HeldInstance) => boolean): Promise<Held> {
    const found = new Map<string, HeldInstance>();
    const messagesMax = key === null ? limits.dicomwebScanMessagesMax : limits.studyInstancesMax;
    let before: MessageId | undefined;
    for (let seen = 0; seen < messagesMax; seen += limits.dicomwebPageMessages) {
      const page = await this.#store.listMessages({
        kind: 'dicom',
        keys: key === null ? [] : [key],
        limit: limits.dicomwebPageMessages,
        ...(before === undefined ? {} : { before }),
      });
      for (const message of page) {
        const instance = heldInstance(message);
        if (instance === null || !isWanted(instance)) continue;
        const name = `${instance.studyInstanceUid}|${instance.sopInstanceUid}`;
        // Newest first: what came again later stands for what came before.
        if (!found.has(name)) found.set(name, instance);
      }
      before = page.at(-1)?.id;
      if (page.length < limits.dicomwebPageMessages) return { instances: inOrder(found), isCut: false };
    }
    return { instances: inOrder(found), isCut: true };
  }
}

function inOrder(found: ReadonlyMap<string, HeldInstance>): readonly HeldInstance[] {
  return [...found.values()].sort(
    (a, b) =>
      (a.seriesNumber ?? 0) - (b.seriesNumber ?? 0) ||
      compare(a.seriesInstanceUid, b.seriesInstanceUid) ||
      (a.instanceNumber ?? 0) - (b.instanceNumber ?? 0) ||
      compare(a.sopInstanceUid, b.sopInstanceUid),
  );
}

const compare = (a: string, b: string): number => (a === b ? 0 : a < b ? -1 : 1);
