import { limits } from '../../../core/limits.ts';
import type { Accept } from '../../../core/ports/index.ts';
import { Intake } from '../../dicom-objects/intake.ts';
import { commandFields } from '../message/command-fields.ts';
import { statuses } from '../message/statuses.ts';
import { availabilityNotification, procedureStep, storageCommitment } from '../sop-classes.ts';
import type { Association } from '../upper-layer/association.ts';
import { takeAvailability } from './availability.ts';
import { bySopClass } from './by-sop-class.ts';
import { cStore } from './c-store.ts';
import { answerCommitment, takeCommitmentReport } from './commitment.ts';
import type { DimseMetrics } from './dimse-metrics.ts';
import { createStep, setStep } from './procedure-step.ts';
import { respond, type Service } from './service.ts';
import type { DimseSourceOptions } from './source-options.ts';

/** What the engine serves on an association, by command field: verification, storage, storage commitment, procedure steps, availability. */
export function nodeServices(
  { remoteAe: sender }: Association,
  accept: Accept,
  options: DimseSourceOptions,
  metrics: DimseMetrics,
): ReadonlyMap<number, Service> {
  const { blobs, clock, logger, records, nodeOf, commitments } = options;
  const { objectBytesMax = limits.dimseObjectBytesMax } = options;
  const intake = new Intake({ protocol: 'dimse', blobs, accept, logger, sender, objectBytesMax });
  const notices = { accept, blobs, records };
  const answerMs = limits.dimseAnswerMs;
  return new Map<number, Service>([
    [commandFields.cEchoRq, (message, association) => respond(association, message, statuses.success)],
    [
      commandFields.cStoreRq,
      cStore({
        intake,
        ended: (result) => metrics.instanceEnded(result),
        broken: (error) => metrics.objectBroken(error),
      }),
    ],
    [
      commandFields.nCreateRq,
      bySopClass(
        new Map([
          [procedureStep, createStep(notices)],
          [availabilityNotification, takeAvailability(notices)],
        ]),
      ),
    ],
    [commandFields.nSetRq, bySopClass(new Map([[procedureStep, setStep(notices)]]))],
    [
      commandFields.nActionRq,
      bySopClass(
        new Map([[storageCommitment, answerCommitment({ records, clock, logger, answerMs, nodeOf })]]),
      ),
    ],
    [commandFields.nEventReportRq, takeCommitmentReport(commitments, logger)],
  ]);
}
