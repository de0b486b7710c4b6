import { BitHiveError, toBitHiveError } from '../../../core/errors.ts';
import type { Refusal } from '../../../core/message.ts';
import type { Association } from '../upper-layer/association.ts';
import type { ProposedContext } from '../upper-layer/pdu.ts';
import {
  type RemoteNode,
  type RequestorOptions,
  requestAssociation,
} from '../upper-layer/request-association.ts';
import type { ObjectKind } from './outgoing-object.ts';
import { proposeObjects } from './proposals.ts';
import { type OutgoingObject, store } from './store.ts';

/** An object that waits to be sent; its data set is read when it is its turn. */
export interface WaitingObject extends ObjectKind {
  readonly dataSet: () => OutgoingObject['dataSet'];
}

/** What became of one: the status of the peer's answer, or why there is none. */
export type StoreResult =
  | { readonly status: number; readonly comment?: string }
  | { readonly error: Refusal };

export type StoreOptions = Omit<RequestorOptions, 'contexts' | 'roles'> & { readonly answerMs: number };

/** An association that broke off is opened anew for the next object; a peer that breaks off so many in turn is left alone. */
const brokenInTurnMax = 3;

/**
 * Sends objects one after another, in their order, each in its own transfer syntax. What the peer says of one never keeps the others back.
 *
 * @throws what the first association throws; a later one that cannot be opened is the result of the objects that are left
 */
export async function* storeMany(
  node: RemoteNode,
  objects: readonly WaitingObject[],
  options: StoreOptions,
): AsyncGenerator<StoreResult, void, undefined> {
  let association: Association | null = null;
  let proposed: readonly ProposedContext[] = [];
  let isFirst = true;
  let brokenInTurn = 0;
  let lastError: Refusal | null = null;
  try {
    for (const [at, object] of objects.entries()) {
      if (lastError !== null && brokenInTurn >= brokenInTurnMax) {
        yield { error: lastError };
        continue;
      }
      try {
        if (association === null || association.hasEnded || !includes(proposed, object)) {
          await association?.release(options.answerMs);
          association = null;
          proposed = proposeObjects(objects.slice(at));
          association = await requestAssociation(node, { ...options, contexts: proposed });
          isFirst = false;
        }
        const { status = 0xffff, errorComment } = await store(
          association,
          { ...object, dataSet: object.dataSet() },
          options.answerMs,
        );
        brokenInTurn = 0;
        yield { status, ...(errorComment === undefined ? {} : { comment: errorComment }) };
      } catch (error) {
        if (isFirst || !(error instanceof BitHiveError)) throw error;
        const { code, detail } = toBitHiveError(error);
        lastError = { code, detail };
        // A context that the peer does not take ends nothing.
        if (code !== 'BH_DIMSE_CONTEXT') brokenInTurn += 1;
        yield { error: lastError };
      }
    }
  } finally {
    await association?.release(options.answerMs);
  }
}

/** Whether an object's pair was asked for: one that was, and was not agreed to, is not asked for again. */
const includes = (proposed: readonly ProposedContext[], object: ObjectKind): boolean =>
  proposed.some(
    ({ abstractSyntax, transferSyntaxes }) =>
      abstractSyntax === object.sopClassUid && transferSyntaxes.includes(object.transferSyntaxUid),
  );
