import { BitHiveError } from '../../../core/errors.ts';
import type { Clock } from '../../../core/ports/index.ts';
import { commandFields } from '../message/command-fields.ts';
import { statuses } from '../message/statuses.ts';
import { respond } from '../scp/service.ts';
import { answerText, contextOf, nextMessage, sendRequest } from '../scu/exchange.ts';
import { readWhole, writeFor } from '../scu/identifier.ts';
import { storageCommitment, storageCommitmentInstance } from '../sop-classes.ts';
import type { Association } from '../upper-layer/association.ts';
import type { AwaitedCommitments } from './awaited-commitments.ts';
import { readReport, type SopReference, writeCommitmentRequest } from './report.ts';

const requestStorageCommitment = 1;

/**
 * Asks an archive to vouch for instances (N-ACTION, PS3.4 J.3.2). What it says comes later.
 *
 * @throws BH_DIMSE_CONTEXT where it does not offer that, BH_DIMSE_STATUS, and what the association throws
 */
export async function askCommitment(
  association: Association,
  transactionUid: string,
  references: readonly SopReference[],
  answerMs: number,
): Promise<void> {
  const context = contextOf(association, storageCommitment);
  const request = {
    commandField: commandFields.nActionRq,
    requestedSopClassUid: storageCommitment,
    requestedSopInstanceUid: storageCommitmentInstance,
    actionTypeId: requestStorageCommitment,
  };
  const dataSet = writeFor(context, writeCommitmentRequest(transactionUid, references));
  const messageId = await sendRequest(association, context, request, dataSet);
  const { command } = await nextMessage(association, messageId, answerMs);
  if (command.status !== statuses.success)
    throw new BitHiveError('BH_DIMSE_STATUS', `storage commitment: ${answerText(command)}`);
}

/**
 * Waits until something is heard of an instance: on this association, or at our own node, which tells `awaited`. Ends without a word after
 * `waitMs`.
 */
export async function hearCommitment(
  association: Association,
  awaited: AwaitedCommitments,
  sopInstanceUid: string,
  { clock, waitMs, answerMs }: { readonly clock: Clock; readonly waitMs: number; readonly answerMs: number },
): Promise<void> {
  let isOver = false;
  let over = (): void => {};
  const overAll = new Promise<void>((resolve) => {
    over = resolve;
  });
  const cancel = clock.after(waitMs, () => {
    isOver = true;
    over();
  });
  const heard = awaited.heard(association.remoteAe, sopInstanceUid);
  try {
    while (!isOver && awaited.word(association.remoteAe, sopInstanceUid) === null) {
      const events = [overAll, heard, ...(association.hasEnded ? [] : [association.readable()])];
      const isSaid = await Promise.race(events.map(async (event, at) => event.then(() => at === 2)));
      if (isSaid) await takeReport(association, awaited, answerMs);
    }
  } finally {
    cancel();
  }
}

/** An N-EVENT-REPORT on the association of the request; an association that ends instead leaves the word to our node. */
async function takeReport(
  association: Association,
  awaited: AwaitedCommitments,
  answerMs: number,
): Promise<void> {
  try {
    const message = await association.readMessage(answerMs);
    if (message?.command.commandField !== commandFields.nEventReportRq) return;
    awaited.take(association.remoteAe, readReport(await readWhole(message)));
    const { eventTypeId } = message.command;
    await respond(association, message, statuses.success, eventTypeId === undefined ? {} : { eventTypeId });
  } catch (error) {
    if (!(error instanceof BitHiveError)) throw error;
  }
}
