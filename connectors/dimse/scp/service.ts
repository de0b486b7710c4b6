import { responseBit } from '../message/command-fields.ts';
import type { CommandSet } from '../message/command-set.ts';
import type { Association, DimseMessage } from '../upper-layer/association.ts';

/** What the engine does with one kind of request. Rejects only where the association has ended. */
export type Service = (message: DimseMessage, association: Association) => Promise<void>;

type Answer = Pick<CommandSet, 'errorComment' | 'eventTypeId' | 'actionTypeId'> & {
  readonly affectedSopInstanceUid?: string;
};

/** Answers a request, with what it named (PS3.7 9.3, 10.3). */
export function respond(
  association: Association,
  { command, context }: DimseMessage,
  status: number,
  answer: Answer = {},
): Promise<void> {
  const sopClassUid = command.affectedSopClassUid ?? command.requestedSopClassUid;
  const sopInstanceUid = command.affectedSopInstanceUid ?? command.requestedSopInstanceUid;
  return association.send(context, {
    commandField: command.commandField | responseBit,
    respondedTo: command.messageId ?? 0,
    hasDataSet: false,
    status,
    ...(sopClassUid === undefined ? {} : { affectedSopClassUid: sopClassUid }),
    ...(sopInstanceUid === undefined ? {} : { affectedSopInstanceUid: sopInstanceUid }),
    ...answer,
  });
}
