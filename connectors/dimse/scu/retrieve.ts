import { BitHiveError } from '../../../core/errors.ts';
import type { WritableDataset } from '../../../formats/dicom/index.ts';
import { commandFields } from '../message/command-fields.ts';
import type { CommandSet } from '../message/command-set.ts';
import { statusClass, statuses } from '../message/statuses.ts';
import { respond, type Service } from '../scp/service.ts';
import type { Association } from '../upper-layer/association.ts';
import { answerText, contextOf, nextMessage, sendRequest } from './exchange.ts';
import { writeFor } from './identifier.ts';

/** How many sub-operations went how (PS3.7 9.1.4.1). */
export interface RetrieveResult {
  readonly status: number;
  readonly completed: number;
  readonly failed: number;
  readonly warning: number;
}

export interface RetrieveOptions {
  readonly sopClassUid: string;
  readonly identifier: WritableDataset;
  /** For each message. */
  readonly answerMs: number;
}

/**
 * C-MOVE (PS3.7 9.1.4): the peer sends the objects to `destination` over associations of its own. A warning, which tells that some failed,
 * is in the counts.
 *
 * @throws BH_DIMSE_CONTEXT, BH_DIMSE_STATUS, and what the association throws
 */
export function move(
  association: Association,
  options: RetrieveOptions & { readonly destination: string },
): Promise<RetrieveResult> {
  const request = { commandField: commandFields.cMoveRq, moveDestination: options.destination };
  return retrieve(association, options, request, nothingStored);
}

/**
 * C-GET (PS3.7 9.1.3): the objects come over this association, which must have been requested with the SCP role for their SOP classes.
 *
 * @param stored takes each of them and answers it
 * @throws as `move`
 */
export function get(
  association: Association,
  options: RetrieveOptions,
  stored: Service,
): Promise<RetrieveResult> {
  return retrieve(association, options, { commandField: commandFields.cGetRq }, stored);
}

const nothingStored: Service = (message, association) =>
  respond(association, message, statuses.unrecognizedOperation);

async function retrieve(
  association: Association,
  { sopClassUid, identifier, answerMs }: RetrieveOptions,
  own: Pick<CommandSet, 'commandField' | 'moveDestination'>,
  stored: Service,
): Promise<RetrieveResult> {
  const context = contextOf(association, sopClassUid);
  const request = { ...own, affectedSopClassUid: sopClassUid, priority: 0 };
  const messageId = await sendRequest(association, context, request, writeFor(context, identifier));
  for (;;) {
    const message = await nextMessage(association, messageId, answerMs);
    const { command } = message;
    if (command.commandField === commandFields.cStoreRq) {
      await stored(message, association);
      continue;
    }
    const { status = 0xffff, completed = 0, failed = 0, warning = 0 } = command;
    const kind = statusClass(status);
    if (kind === 'pending') continue;
    if (kind === 'failure') throw new BitHiveError('BH_DIMSE_STATUS', answerText(command));
    return { status, completed, failed, warning };
  }
}
