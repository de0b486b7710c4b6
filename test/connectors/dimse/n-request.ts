import { commandFields } from '../../../connectors/dimse/message/command-fields.ts';
import type { CommandSet } from '../../../connectors/dimse/message/command-set.ts';
import { contextOf, nextMessage, sendRequest } from '../../../connectors/dimse/scu/exchange.ts';
import { writeFor } from '../../../connectors/dimse/scu/identifier.ts';
import type { Association } from '../../../connectors/dimse/upper-layer/association.ts';
import { datasetOf, type KeywordValue } from '../../../formats/dicom/index.ts';

export const answerMs = 10_000;

/** A normalized request as a modality or an archive sends it; the command of its answer. */
export async function request(
  association: Association,
  abstractSyntax: string,
  command: Partial<CommandSet> & { readonly commandField: number },
  attributes: Readonly<Record<string, KeywordValue>>,
): Promise<CommandSet> {
  const context = contextOf(association, abstractSyntax);
  const dataSet = writeFor(context, datasetOf(attributes));
  const messageId = await sendRequest(association, context, command, dataSet);
  return (await nextMessage(association, messageId, answerMs)).command;
}

const step = '1.2.840.10008.3.1.2.3.3';

export const createStep = (association: Association, uid: string, attributes: Record<string, KeywordValue>) =>
  request(
    association,
    step,
    { commandField: commandFields.nCreateRq, affectedSopClassUid: step, affectedSopInstanceUid: uid },
    attributes,
  );

export const setStep = (association: Association, uid: string, attributes: Record<string, KeywordValue>) =>
  request(
    association,
    step,
    { commandField: commandFields.nSetRq, requestedSopClassUid: step, requestedSopInstanceUid: uid },
    attributes,
  );
