import { toBitHiveError } from '../../../core/errors.ts';
import type { Clock, Logger } from '../../../core/ports/index.ts';
import type { AwaitedCommitments } from '../commitment/awaited-commitments.ts';
import {
  type CommitmentReport,
  readCommitmentRequest,
  readReport,
  type SopReference,
  writeReport,
} from '../commitment/report.ts';
import { commandFields } from '../message/command-fields.ts';
import { statuses } from '../message/statuses.ts';
import { nextMessage, sendRequest } from '../scu/exchange.ts';
import { readWhole, writeFor } from '../scu/identifier.ts';
import { proposeServices } from '../scu/proposals.ts';
import { storageCommitment, storageCommitmentInstance } from '../sop-classes.ts';
import type { Association } from '../upper-layer/association.ts';
import type { PresentationContext } from '../upper-layer/presentation-context.ts';
import { type RemoteNode, requestAssociation } from '../upper-layer/request-association.ts';
import type { HeldRecords } from './held-records.ts';
import { nService } from './n-service.ts';
import { respond, type Service } from './service.ts';

export interface CommitmentOptions {
  readonly records: HeldRecords;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly answerMs: number;
  /** Where a node is called; null for one whose address is not known. */
  readonly nodeOf: (aeTitle: string) => RemoteNode | null;
}

const allCommitted = 1;
const failuresExist = 2;
const requestStorageCommitment = 1;

/**
 * N-ACTION of Storage Commitment (PS3.4 J.3.2): answered at once, and then with a report of which instances are here to stay. It goes over
 * an association of our own to a node whose address is known, for many release theirs at once; else over the one of the request.
 */
export function answerCommitment(options: CommitmentOptions): Service {
  return async (message, association) => {
    const { transactionUid, references } = readCommitmentRequest(await readWhole(message));
    if (message.command.actionTypeId !== requestStorageCommitment) {
      await respond(association, message, statuses.noSuchActionType);
      return;
    }
    if (transactionUid === undefined || references.length === 0) {
      await respond(association, message, statuses.missingAttribute);
      return;
    }
    await respond(association, message, statuses.success, { actionTypeId: requestStorageCommitment });
    const report = await judge(transactionUid, references, options.records);
    if (!(await reportAnew(association.remoteAe, report, options))) {
      await sendReport(association, message.context, report);
    }
  };
}

/** N-EVENT-REPORT of an archive that we asked, over an association of its own (PS3.4 J.3.3). */
export function takeCommitmentReport(awaited: AwaitedCommitments, logger: Logger): Service {
  return nService(async ({ command }, attributes, archiveAe) => {
    if (command.affectedSopClassUid !== storageCommitment) return { status: statuses.noSuchSopClass };
    const count = awaited.take(archiveAe, readReport(attributes));
    if (count === 0) logger.info('dimse.commitment.not-awaited', { peer: archiveAe });
    return { status: statuses.success };
  });
}

async function judge(
  transactionUid: string,
  references: readonly SopReference[],
  records: HeldRecords,
): Promise<CommitmentReport> {
  const committed: SopReference[] = [];
  const failed: SopReference[] = [];
  for (const reference of references) {
    const isHeld = await records.holds(reference.sopInstanceUid);
    (isHeld ? committed : failed).push(reference);
  }
  const reason = statuses.noSuchSopInstance;
  return { transactionUid, committed, failed: failed.map((one) => ({ ...one, reason })) };
}

/** False where the node's address is not known, or it cannot be called. */
async function reportAnew(
  aeTitle: string,
  report: CommitmentReport,
  { nodeOf, clock, answerMs, logger }: CommitmentOptions,
): Promise<boolean> {
  const node = nodeOf(aeTitle);
  if (node === null) return false;
  try {
    const association = await requestAssociation(node, {
      clock,
      answerMs,
      contexts: proposeServices([storageCommitment]),
      roles: [{ sopClassUid: storageCommitment, isScu: false, isScp: true }],
    });
    const context = association.contextFor(storageCommitment);
    const messageId = context === undefined ? null : await sendReport(association, context, report);
    if (messageId !== null) await nextMessage(association, messageId, answerMs);
    await association.release(answerMs);
    return messageId !== null;
  } catch (error) {
    const { code, detail } = toBitHiveError(error);
    logger.warn('dimse.commitment.not-reported', { peer: aeTitle, code, detail }, error);
    return false;
  }
}

function sendReport(
  association: Association,
  context: PresentationContext,
  report: CommitmentReport,
): Promise<number> {
  return sendRequest(
    association,
    context,
    {
      commandField: commandFields.nEventReportRq,
      affectedSopClassUid: storageCommitment,
      affectedSopInstanceUid: storageCommitmentInstance,
      eventTypeId: report.failed.length === 0 ? allCommitted : failuresExist,
    },
    writeFor(context, writeReport(report)),
  );
}
