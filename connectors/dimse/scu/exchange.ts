import { BitHiveError } from '../../../core/errors.ts';
import { responseBit } from '../message/command-fields.ts';
import type { CommandSet } from '../message/command-set.ts';
import { statusText } from '../message/statuses.ts';
import type { Association, DimseMessage } from '../upper-layer/association.ts';
import type { DataSetBytes } from '../upper-layer/pdu-writer.ts';
import type { PresentationContext } from '../upper-layer/presentation-context.ts';

/** A request as it is to be sent; its Message ID is ours to give. */
export type Request = Omit<CommandSet, 'messageId' | 'hasDataSet'>;

/** Sends a request. Returns the Message ID that its responses name. */
export async function sendRequest(
  association: Association,
  context: PresentationContext,
  request: Request,
  dataSet?: DataSetBytes,
): Promise<number> {
  const messageId = association.nextMessageId();
  await association.send(context, { ...request, messageId, hasDataSet: dataSet !== undefined }, dataSet);
  return messageId;
}

/**
 * The next message: a response to this request, or a request of the peer's own.
 *
 * @throws BH_DIMSE_ABORTED also where the peer released the association instead, BH_DIMSE_PROTOCOL for a response to another request
 */
export async function nextMessage(
  association: Association,
  messageId: number,
  answerMs: number,
): Promise<DimseMessage> {
  const message = await association.readMessage(answerMs);
  if (message === null) {
    throw new BitHiveError('BH_DIMSE_ABORTED', 'the peer released the association before its answer');
  }
  const { commandField, respondedTo } = message.command;
  if ((commandField & responseBit) === 0 || respondedTo === messageId) return message;
  association.abort();
  throw new BitHiveError('BH_DIMSE_PROTOCOL', `an answer to request ${respondedTo} where ${messageId} waits`);
}

/** A status in words, with what the peer says of it. */
export const answerText = ({ status, errorComment }: CommandSet): string =>
  `${statusText(status ?? 0xffff)}${errorComment === undefined ? '' : ` ${errorComment}`}`;

/** @throws BH_DIMSE_CONTEXT */
export function contextOf(association: Association, abstractSyntax: string): PresentationContext {
  const context = association.contextFor(abstractSyntax);
  if (context !== undefined) return context;
  throw new BitHiveError('BH_DIMSE_CONTEXT', `${association.remoteAe} does not serve ${abstractSyntax}`);
}
