import { BitHiveError } from '../../../core/errors.ts';
import { commandFields } from '../message/command-fields.ts';
import type { CommandSet } from '../message/command-set.ts';
import type { Association } from '../upper-layer/association.ts';
import type { DataSetBytes } from '../upper-layer/pdu-writer.ts';
import { nextMessage, sendRequest } from './exchange.ts';

/** An object to be stored elsewhere: its data set as it is, without preamble and group 0002. */
export interface OutgoingObject {
  readonly sopClassUid: string;
  readonly sopInstanceUid: string;
  readonly transferSyntaxUid: string;
  readonly dataSet: DataSetBytes;
}

const mediumPriority = 0;

/**
 * C-STORE (PS3.7 9.1.1) in the object's own transfer syntax. Returns the response, whatever its status.
 *
 * @throws BH_DIMSE_CONTEXT where the peer did not accept it, and what the association throws
 */
export async function store(
  association: Association,
  object: OutgoingObject,
  answerMs: number,
): Promise<CommandSet> {
  const { sopClassUid, sopInstanceUid, transferSyntaxUid, dataSet } = object;
  const context = association.contextFor(
    sopClassUid,
    ({ transferSyntax }) => transferSyntax === transferSyntaxUid,
  );
  if (context === undefined) {
    const detail = `${association.remoteAe} does not take ${sopClassUid} in ${transferSyntaxUid}`;
    throw new BitHiveError('BH_DIMSE_CONTEXT', detail);
  }
  const messageId = await sendRequest(
    association,
    context,
    {
      commandField: commandFields.cStoreRq,
      affectedSopClassUid: sopClassUid,
      affectedSopInstanceUid: sopInstanceUid,
      priority: mediumPriority,
    },
    dataSet,
  );
  return (await nextMessage(association, messageId, answerMs)).command;
}
