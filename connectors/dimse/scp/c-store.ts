import type { Refusal } from '../../../core/message.ts';
import type { InstanceFacts } from '../../../core/study.ts';
import { entryOf, type InstanceResult } from '../../dicom-objects/instance-result.ts';
import type { Intake } from '../../dicom-objects/intake.ts';
import { statuses } from '../message/statuses.ts';
import type { DimseMessage } from '../upper-layer/association.ts';
import { writeFileHead } from './file-head.ts';
import { respond, type Service } from './service.ts';

export interface CStoreOptions {
  readonly intake: Intake;
  readonly ended: (result: InstanceResult) => void;
  /** An object that broke off with its association. */
  readonly broken: (cause: unknown) => void;
}

/** C-STORE (PS3.7 9.3.1, PS3.4 B.2.3): the object is a file while it comes, a row when it is whole, and then an answer. */
export function cStore({ intake, ended, broken }: CStoreOptions): Service {
  return async (message, association) => {
    const { command, dataSet } = message;
    if (dataSet === null || command.affectedSopClassUid === undefined) {
      await respond(association, message, statuses.cannotUnderstand, { errorComment: 'no data set' });
      return;
    }
    const head = headOf(message, association.remoteAe);
    const finish = await intake
      .receive({ body: behind(head, dataSet), objection: (facts) => objection(message, facts) })
      .catch((error: unknown) => {
        broken(error);
        throw error;
      });
    const result = await finish();
    ended(result);
    if (result.kind === 'stored') await respond(association, message, statuses.success);
    else {
      const { error } = result;
      const errorComment = `${error.code}: ${error.detail}`;
      await respond(association, message, entryOf(error).dicom, { errorComment });
    }
  };
}

function headOf({ command, context }: DimseMessage, sourceAe: string): Buffer {
  return writeFileHead({
    sopClassUid: command.affectedSopClassUid ?? '',
    sopInstanceUid: command.affectedSopInstanceUid ?? '',
    transferSyntaxUid: context.transferSyntax,
    sourceAe,
  });
}

async function* behind(
  head: Uint8Array,
  dataSet: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  yield head;
  yield* dataSet;
}

/** The data set must be what the command says, and that what the context was agreed for: A900H (PS3.4 B.2.3). */
function objection({ command, context }: DimseMessage, facts: InstanceFacts | null): Refusal | undefined {
  if (facts === null) return undefined;
  const { affectedSopClassUid, affectedSopInstanceUid } = command;
  const isSameClass =
    facts.sopClassUid === affectedSopClassUid && affectedSopClassUid === context.abstractSyntax;
  if (isSameClass && facts.sopInstanceUid === affectedSopInstanceUid) return undefined;
  const what = isSameClass ? 'instance' : 'class';
  return {
    code: 'BH_DIMSE_MISMATCH',
    detail: `the data set is of another SOP ${what} than its command says`,
  };
}
