import { commandFields } from '../message/command-fields.ts';
import type { CommandSet } from '../message/command-set.ts';
import { verification } from '../sop-classes.ts';
import type { Association } from '../upper-layer/association.ts';
import { contextOf, nextMessage, sendRequest } from './exchange.ts';

/** C-ECHO (PS3.7 9.1.5). Returns the response. */
export async function echo(association: Association, answerMs: number): Promise<CommandSet> {
  const context = contextOf(association, verification);
  const request = { commandField: commandFields.cEchoRq, affectedSopClassUid: verification };
  const messageId = await sendRequest(association, context, request);
  return (await nextMessage(association, messageId, answerMs)).command;
}
