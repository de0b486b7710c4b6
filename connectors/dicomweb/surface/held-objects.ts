import { BitHiveError } from '../../../core/errors.ts';
import type { MessageId } from '../../../core/ids.ts';
import { limits } from '../../../core/limits.ts';
import type { SearchKeyName } from '../../../core/message.ts';
import type { Store } from '../../../core/ports/index.ts';
import { checkedInstance, type HeldInstance, heldInstance } from './held-instance.ts';

/** Under which name of its message an instance is looked for; null: among the newest. */
export type HeldKey = { readonly name: SearchKeyName; readonly value: string } | null;

/** How far a walk came: another one can go on from there, under another key. */
export interface WalkPosition {
  /** All older messages are still to be looked at; null: all. */
  before: MessageId | null;
  /** Instances that were taken, by study and instance. */
  readonly taken: Set<string>;
}

/** `cut`: the oldest were not looked at. */
export type WalkEnd = 'all' | 'stopped' | 'cut';

/**
 * What the engine holds of studies, out of the messages that the objects came in as: no table of its own, so that it is true whatever
 * channel took them, on every store, and gone when retention takes the message. A message is found by its search keys; a question
 * without one looks at the newest `limits.dicomwebScanMessagesMax`.
 */
export class HeldObjects {
  readonly #store: Pick<Store, 'listFacts'>;
  #readsCount = 0;

  constructor(store: Pick<Store, 'listFacts'>) {
    this.#store = store;
  }

  /** Those that are wanted, by series and number. Throws BH_STORE_BUSY when too many ask at once, BH_STORE_*. */
  async find(
    key: HeldKey,
    isWanted: (instance: HeldInstance) => boolean = () => true,
  ): Promise<readonly HeldInstance[]> {
    const found: HeldInstance[] = [];
    await this.inTurn(() =>
      this.walk(key, (instance) => {
        const checked = isWanted(instance) ? checkedInstance(instance) : null;
        if (checked !== null) found.push(checked);
        return true;
      }),
    );
    return inOrder(found);
  }

  /** One question to the end. Throws BH_STORE_BUSY when `limits.dicomwebSearchesMax` are asked already. */
  async inTurn<T>(question: () => Promise<T>): Promise<T> {
    if (this.#readsCount >= limits.dicomwebSearchesMax)
      throw new BitHiveError(
        'BH_STORE_BUSY',
        `${limits.dicomwebSearchesMax} searches for images are under way`,
      );
    this.#readsCount += 1;
    try {
      return await question();
    } finally {
      this.#readsCount -= 1;
    }
  }

  /** Takes each instance once, the one that came last; the newest first; until `take` has enough and says false. */
  async walk(
    key: HeldKey,
    take: (instance: HeldInstance) => boolean,
    position: WalkPosition = walkStart(),
  ): Promise<WalkEnd> {
    const { taken } = position;
    const messagesMax = key === null ? limits.dicomwebScanMessagesMax : limits.studyInstancesMax;
    for (let count = 0; count < messagesMax; count += limits.dicomwebPageMessages) {
      const page = await this.#store.listFacts({
        kind: 'dicom',
        keys: key === null ? [] : [key],
        limit: limits.dicomwebPageMessages,
        ...(position.before === null ? {} : { before: position.before }),
      });
      for (const message of page) {
        position.before = message.id;
        const instance = heldInstance(message);
        if (instance === null) continue;
        const name = `${instance.studyInstanceUid}|${instance.sopInstanceUid}`;
        if (taken.has(name)) continue;
        taken.add(name);
        if (!take(instance)) return 'stopped';
      }
      if (page.length < limits.dicomwebPageMessages) return 'all';
    }
    return 'cut';
  }
}

export const walkStart = (): WalkPosition => ({ before: null, taken: new Set() });

export function inOrder(instances: readonly HeldInstance[]): readonly HeldInstance[] {
  return instances.toSorted(
    (a, b) =>
      number(a.seriesNumber) - number(b.seriesNumber) ||
      compare(a.seriesInstanceUid, b.seriesInstanceUid) ||
      number(a.instanceNumber) - number(b.instanceNumber) ||
      compare(a.sopInstanceUid, b.sopInstanceUid),
  );
}

const number = (value: number | undefined): number => (typeof value === 'number' ? value : 0);
const compare = (a: string, b: string): number => (a === b ? 0 : a < b ? -1 : 1);
