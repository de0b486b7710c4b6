import { BitHiveError } from '../../../core/errors.ts';
import type { DicomDataset, WritableDataset } from '../../../formats/dicom/index.ts';
import { commandFields } from '../message/command-fields.ts';
import { statusClass } from '../message/statuses.ts';
import type { Association } from '../upper-layer/association.ts';
import { answerText, contextOf, nextMessage, sendRequest } from './exchange.ts';
import { readWhole, writeFor } from './identifier.ts';

export interface FindOptions {
  readonly sopClassUid: string;
  readonly identifier: WritableDataset;
  /** For each response. */
  readonly answerMs: number;
}

/**
 * C-FIND (PS3.7 9.1.2): the matches as they come. A consumer that stops early cancels the query (C-CANCEL).
 *
 * @throws BH_DIMSE_CONTEXT, BH_DIMSE_STATUS for a final status that is no success, and what the association throws
 */
export async function* find(
  association: Association,
  { sopClassUid, identifier, answerMs }: FindOptions,
): AsyncGenerator<DicomDataset, void, undefined> {
  const context = contextOf(association, sopClassUid);
  const request = { commandField: commandFields.cFindRq, affectedSopClassUid: sopClassUid, priority: 0 };
  const messageId = await sendRequest(association, context, request, writeFor(context, identifier));
  let isDone = false;
  try {
    for (;;) {
      const message = await nextMessage(association, messageId, answerMs);
      const { command } = message;
      const kind = statusClass(command.status ?? 0xffff);
      if (kind !== 'pending') isDone = true;
      if (kind === 'success' || kind === 'cancel') return;
      if (kind !== 'pending') throw new BitHiveError('BH_DIMSE_STATUS', `C-FIND: ${answerText(command)}`);
      yield await readWhole(message);
    }
  } finally {
    if (!isDone && !association.hasEnded) await cancel(association, context, messageId, answerMs);
  }
}

/** Asks the peer to stop and reads up to its final answer: what it sent meanwhile must not be taken for the next request's. */
async function cancel(
  association: Association,
  context: Parameters<Association['send']>[0],
  messageId: number,
  answerMs: number,
): Promise<void> {
  await association.send(context, {
    commandField: commandFields.cCancelRq,
    respondedTo: messageId,
    hasDataSet: false,
  });
  for (;;) {
    const { command } = await nextMessage(association, messageId, answerMs);
    if (statusClass(command.status ?? 0xffff) !== 'pending') return;
  }
}
