import { afterEach, describe, expect, test } from '@jest/globals';
import { readReport } from '../../../connectors/dimse/commitment/report.ts';
import {
  proposeObjects,
  proposeServices,
  requestAssociation,
  store,
} from '../../../connectors/dimse/index.ts';
import { commandFields } from '../../../connectors/dimse/message/command-fields.ts';
import { respond } from '../../../connectors/dimse/scp/service.ts';
import { readWhole } from '../../../connectors/dimse/scu/identifier.ts';
import {
  availabilityNotification,
  procedureStep,
  storageCommitment,
  storageCommitmentInstance,
} from '../../../connectors/dimse/sop-classes.ts';
import { BitHiveError } from '../../../core/errors.ts';
import { datasetOf } from '../../../formats/dicom/index.ts';
import { systemClock } from '../../../platform/clock.ts';
import { until } from '../../until.ts';
import { answerMs, createStep, request, setStep } from './n-request.ts';
import { startNode } from './node-setup.ts';
import { ctImage, dataSetOf, explicitLittleEndian } from './raw-peer.ts';
import { startArchive } from './test-archive.ts';

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});
const ctKind = { sopClassUid: ctImage, transferSyntaxUid: explicitLittleEndian };

async function modality(
  options: Parameters<typeof startNode>[0] = {},
  accept?: Parameters<typeof startNode>[1],
) {
  const node = await startNode(options, accept);
  closers.push(node.close);
  const services = [procedureStep, availabilityNotification, storageCommitment];
  const association = await requestAssociation(
    { host: '127.0.0.1', port: node.port, calledAe: 'BITHIVE', callingAe: 'CT1' },
    { clock: systemClock, contexts: [...proposeServices(services), ...proposeObjects([ctKind], 7)] },
  );
  closers.push(() => association.release(answerMs));
  const notices = () =>
    node.arrivals
      .filter(({ kind }) => kind === 'notice')
      .map(({ body }) => JSON.parse(body.kind === 'inline' ? Buffer.from(body.bytes).toString() : '{}'));
  return { node, association, notices };
}

describe('Modality Performed Procedure Step', () => {
  const begun = {
    PerformedProcedureStepStatus: 'IN PROGRESS',
    ScheduledStepAttributesSequence: [datasetOf({ StudyInstanceUID: '1.2.3', AccessionNumber: 'A1' })],
  };
  const series = (...uids: string[]) => [
    datasetOf({
      SeriesInstanceUID: '1.2.3.1',
      ReferencedImageSequence: uids.map((uid) => datasetOf({ ReferencedSOPInstanceUID: uid })),
    }),
  ];

  test('begins, goes on and ends: a notice each, the last with the instances that were made', async () => {
    const { node, association, notices } = await modality();
    expect(await createStep(association, '9.1', begun)).toMatchObject({
      status: 0,
      affectedSopInstanceUid: '9.1',
    });
    expect((await setStep(association, '9.1', { PerformedSeriesSequence: series('1.1') })).status).toBe(0);
    const ended = {
      PerformedProcedureStepStatus: 'COMPLETED',
      PerformedSeriesSequence: series('1.1', '1.2'),
    };
    expect((await setStep(association, '9.1', ended)).status).toBe(0);
    const step = { notice: 'mpps', studyInstanceUid: '1.2.3', stepUid: '9.1' };
    expect(notices()).toEqual([
      { ...step, status: 'in progress' },
      { ...step, status: 'completed', sopInstanceUids: ['1.1', '1.2'] },
    ]);
    expect(node.arrivals[0]).toMatchObject({ type: 'MPPS', sender: 'CT1', facts: { stepUid: '9.1' } });
    expect(node.arrivals[0]?.searchKeys).toContainEqual(['sop-uid', '9.1']);
    // A step that has ended is not updated any more (PS3.4 F.7.2.2.3).
    expect((await setStep(association, '9.1', ended)).status).toBe(0x0110);
  });

  test.each([
    ['that has ended before it began', { ...begun, PerformedProcedureStepStatus: 'COMPLETED' }, 0x0106],
    ['of no study', { PerformedProcedureStepStatus: 'IN PROGRESS' }, 0x0120],
  ])('one %s is refused', async (_, attributes, status) => {
    const { association, notices } = await modality();
    expect((await createStep(association, '9.1', attributes)).status).toBe(status);
    expect(notices()).toEqual([]);
  });

  test('one that nobody began: 0112H; a store that cannot keep it: 0110H', async () => {
    const { association } = await modality();
    expect((await setStep(association, '9.9', begun)).status).toBe(0x0112);
    const broken = await modality({}, async () => {
      throw new BitHiveError('BH_STORE_IO', 'test');
    });
    const answer = await createStep(broken.association, '9.1', begun);
    expect([answer.status, answer.errorComment]).toEqual([0x0110, 'BH_STORE_IO: test']);
  });
});

test('Instance Availability Notification: the instances that are available', async () => {
  const { association, notices } = await modality();
  const sop = (uid: string, InstanceAvailability: string) =>
    datasetOf({ ReferencedSOPInstanceUID: uid, InstanceAvailability });
  const attributes = {
    StudyInstanceUID: '1.2.3',
    ReferencedSeriesSequence: [
      datasetOf({ ReferencedSOPSequence: [sop('1.1', 'ONLINE'), sop('1.2', 'UNAVAILABLE')] }),
      datasetOf({ ReferencedSOPSequence: [sop('1.3', 'NEARLINE')] }),
    ],
  };
  const command = { commandField: commandFields.nCreateRq, affectedSopClassUid: availabilityNotification };
  expect((await request(association, availabilityNotification, command, attributes)).status).toBe(0);
  expect(notices()).toEqual([{ notice: 'ian', studyInstanceUid: '1.2.3', sopInstanceUids: ['1.1', '1.3'] }]);
  expect((await request(association, availabilityNotification, command, {})).status).toBe(0x0120);
});

describe('Storage Commitment', () => {
  const action = {
    commandField: commandFields.nActionRq,
    requestedSopClassUid: storageCommitment,
    requestedSopInstanceUid: storageCommitmentInstance,
    actionTypeId: 1,
  };
  const reference = (uid: string) =>
    datasetOf({ ReferencedSOPClassUID: ctImage, ReferencedSOPInstanceUID: uid });
  const asked = {
    TransactionUID: '5.5',
    ReferencedSOPSequence: [reference('1.2.3.4'), reference('1.2.3.5')],
  };
  const held = { sopClassUid: ctImage, sopInstanceUid: '1.2.3.4' };

  test('reported over the association of the request', async () => {
    const { association } = await modality();
    await store(association, { ...ctKind, ...held, dataSet: dataSetOf({}) }, answerMs);
    expect((await request(association, storageCommitment, action, asked)).status).toBe(0);
    const message = await association.readMessage(answerMs);
    expect(message?.command).toMatchObject({ commandField: commandFields.nEventReportRq, eventTypeId: 2 });
    const report = readReport(await readWhole(message!));
    expect(report.transactionUid).toBe('5.5');
    expect(report.committed.map(({ sopInstanceUid }) => sopInstanceUid)).toEqual(['1.2.3.4']);
    expect(report.failed).toMatchObject([{ sopInstanceUid: '1.2.3.5', reason: 0x0112 }]);
    await respond(association, message!, 0);
  });

  test('reported over an association of our own to a node whose address is known', async () => {
    const reports: unknown[] = [];
    const listener = await startArchive({
      services: () =>
        new Map([
          [
            commandFields.nEventReportRq,
            async (message, association) => {
              reports.push([
                message.command.eventTypeId,
                readReport(await readWhole(message)).transactionUid,
              ]);
              await respond(association, message, 0);
            },
          ],
        ]),
    });
    closers.push(listener.close);
    const { association } = await modality({
      nodeOf: (calledAe) => ({ host: '127.0.0.1', port: listener.port, calledAe, callingAe: 'BITHIVE' }),
    });
    await store(association, { ...ctKind, ...held, dataSet: dataSetOf({}) }, answerMs);
    const one = { TransactionUID: '5.6', ReferencedSOPSequence: [reference('1.2.3.4')] };
    expect((await request(association, storageCommitment, action, one)).status).toBe(0);
    await until(() => reports.length === 1);
    expect(reports).toEqual([[1, '5.6']]);
  });

  test('another action, or no transaction: refused', async () => {
    const { association } = await modality();
    const other = { ...action, actionTypeId: 2 };
    expect((await request(association, storageCommitment, other, asked)).status).toBe(0x0123);
    expect((await request(association, storageCommitment, action, {})).status).toBe(0x0120);
  });
});
