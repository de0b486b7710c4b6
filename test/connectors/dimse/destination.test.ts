import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import {
  readCommitmentRequest,
  type SopReference,
  writeReport,
} from '../../../connectors/dimse/commitment/report.ts';
import {
  AwaitedCommitments,
  createDimseDestination,
  type DimseDestinationOptions,
} from '../../../connectors/dimse/index.ts';
import { commandFields } from '../../../connectors/dimse/message/command-fields.ts';
import { respond, type Service } from '../../../connectors/dimse/scp/service.ts';
import { readWhole, writeFor } from '../../../connectors/dimse/scu/identifier.ts';
import { proposeServices } from '../../../connectors/dimse/scu/proposals.ts';
import {
  storageCommitment,
  storageCommitmentInstance,
  studyRoot,
} from '../../../connectors/dimse/sop-classes.ts';
import { requestAssociation } from '../../../connectors/dimse/upper-layer/request-association.ts';
import type { DeliveryOutcome, LeasedDelivery } from '../../../core/delivery.ts';
import { dicomContentType } from '../../../core/dicom-object.ts';
import { deliveryId, messageId } from '../../../core/ids.ts';
import { type Blobs, silentLogger, silentMetrics } from '../../../core/ports/index.ts';
import { type StudyQuery, studyQueryContentType } from '../../../core/study-query.ts';
import { tags } from '../../../formats/dicom/index.ts';
import { openFolderBlobs } from '../../../platform/blobs/index.ts';
import { systemClock } from '../../../platform/clock.ts';
import { until } from '../../until.ts';
import { objectBytes } from '../dicomweb/object-bytes.ts';
import { startNode } from './node-setup.ts';
import { type ArchiveOptions, startArchive } from './test-archive.ts';

const closers: (() => Promise<unknown>)[] = [];
let folder: string;
let blobs: Blobs;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bithive-dimse-out-'));
  blobs = await openFolderBlobs({ folder });
});
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
  await rm(folder, { recursive: true, force: true });
});

const destinationTo = (
  port: number,
  options: Partial<DimseDestinationOptions> = {},
  calledAe = 'BITHIVE',
) => {
  const destination = createDimseDestination({
    name: 'pacs',
    node: { host: '127.0.0.1', port, calledAe, callingAe: 'ENGINE' },
    blobs,
    clock: systemClock,
    logger: silentLogger,
    metrics: silentMetrics,
    ...options,
  });
  closers.push(() => destination.close());
  return destination;
};
const archive = async (options: ArchiveOptions = {}) => {
  const started = await startArchive(options);
  closers.push(started.close);
  return started;
};
const deliveryOf = (bytes: Uint8Array, changed: Partial<LeasedDelivery> = {}): LeasedDelivery => ({
  id: deliveryId(7),
  messageId: messageId(1),
  channel: 'imaging',
  channelVersion: 1,
  destination: 'pacs',
  lanes: [],
  priority: 0,
  dueAtMs: 0,
  expiresAtMs: Number.MAX_SAFE_INTEGER,
  state: 'leased',
  attempts: 1,
  createdAtMs: 0,
  leaseOwner: 'test',
  leaseEpoch: 1,
  leaseUntilMs: 0,
  contentType: dicomContentType,
  body: { kind: 'inline', bytes },
  ...changed,
});
const never = new AbortController().signal;
const object = objectBytes({ pixels: Buffer.alloc(40_000, 3) });

describe('C-STORE', () => {
  test('to a node of ours, from memory and from a blob, over one association', async () => {
    const node = await startNode();
    closers.push(node.close);
    const destination = destinationTo(node.port);
    expect(await destination.send(deliveryOf(object), never)).toEqual({ kind: 'delivered' });
    async function* whole() {
      yield objectBytes({ sopInstanceUid: '1.2.3.5', pixels: Buffer.alloc(400_000) });
    }
    const { hash, bytesCount } = await blobs.put(whole(), 1_000_000);
    const body = { kind: 'blob', hash, bytesCount } as const;
    expect(await destination.send(deliveryOf(object, { body }), never)).toEqual({ kind: 'delivered' });
    expect(node.arrivals.map(({ sender, facts }) => [sender, facts?.sopInstanceUid])).toEqual([
      ['ENGINE', '1.2.3.4'],
      ['ENGINE', '1.2.3.5'],
    ]);
  });

  const kind = async (status: number, attempts = 1): Promise<DeliveryOutcome> => {
    const { port } = await archive({ storeStatus: () => status });
    return destinationTo(port).send(deliveryOf(object, { attempts }), never);
  };
  test.each([
    [0xb000, { kind: 'delivered', note: 'stored with B000H coercion of data elements' }],
    [0xb007, { kind: 'delivered', note: 'stored with B007H data set does not match SOP class' }],
    [0xa700, { kind: 'retry', error: { code: 'BH_DELIVERY_BUSY', detail: 'A700H out of resources' } }],
    [0x0110, { kind: 'retry', error: { code: 'BH_DELIVERY_BUSY', detail: '0110H processing failure' } }],
    [0xa900, { kind: 'dead', error: { code: 'BH_DELIVERY_REFUSED' } }],
    [0xc123, { kind: 'dead', error: { code: 'BH_DELIVERY_REFUSED' } }],
    [0x0122, { kind: 'dead', error: { code: 'BH_DELIVERY_REFUSED' } }],
    [0x0111, { kind: 'dead', error: { code: 'BH_DELIVERY_REFUSED' } }],
  ])('answered with %i', async (status, outcome) => {
    expect(await kind(status)).toMatchObject(outcome);
  });

  test('a duplicate is taken for sent only where an earlier attempt may have arrived', async () => {
    expect(await kind(0x0111, 2)).toMatchObject({ kind: 'delivered' });
  });

  test('an association that is rejected is tried again; a SOP class that the archive does not take is the end', async () => {
    const node = await startNode();
    closers.push(node.close);
    const rejected = await destinationTo(node.port, {}, 'NOBODY').send(deliveryOf(object), never);
    expect(rejected).toMatchObject({ kind: 'retry', error: { code: 'BH_DIMSE_REJECTED' } });
    const { port } = await archive({ supports: () => false });
    const refused = await destinationTo(port).send(deliveryOf(object), never);
    expect(refused).toMatchObject({ kind: 'dead', error: { code: 'BH_DIMSE_CONTEXT' } });
  });

  test('nobody there, an abort in place of the answer, silence: tried again, never unknown', async () => {
    const gone = await startNode();
    await gone.close();
    expect((await destinationTo(gone.port).send(deliveryOf(object), never)).kind).toBe('retry');
    const abort: Service = async (_, association) => association.abort();
    const dying = await archive({ services: () => new Map([[commandFields.cStoreRq, abort]]) });
    expect((await destinationTo(dying.port).send(deliveryOf(object), never)).kind).toBe('retry');
    const silent = await archive({ services: () => new Map([[commandFields.cStoreRq, async () => {}]]) });
    const outcome = await destinationTo(silent.port, { answerMs: 100 }).send(deliveryOf(object), never);
    expect(outcome).toMatchObject({ kind: 'retry', error: { code: 'BH_DIMSE_TIMEOUT' } });
  });

  test('stopping ends the attempt, which is tried again', async () => {
    const silent = await archive({ services: () => new Map([[commandFields.cStoreRq, async () => {}]]) });
    const stop = new AbortController();
    const sent = destinationTo(silent.port).send(deliveryOf(object), stop.signal);
    await until(() => silent.asked.length === 1);
    stop.abort();
    expect(await sent).toMatchObject({ kind: 'retry', error: { code: 'BH_STOPPING' } });
  });

  test('a kept association that the archive has ended is replaced at once', async () => {
    let calls = 0;
    const once: Service = async (message, association) => {
      calls += 1;
      await respond(association, message, 0);
      if (calls === 1) association.abort();
    };
    const { port } = await archive({ services: () => new Map([[commandFields.cStoreRq, once]]) });
    const destination = destinationTo(port);
    expect((await destination.send(deliveryOf(object), never)).kind).toBe('delivered');
    expect((await destination.send(deliveryOf(object), never)).kind).toBe('delivered');
  });

  test('what is no DICOM object is the end', async () => {
    const { port } = await archive();
    const outcome = await destinationTo(port).send(deliveryOf(Buffer.from('no object')), never);
    expect(outcome).toMatchObject({ kind: 'dead', error: { code: 'BH_DICOM_SYNTAX' } });
  });
});

describe('storage commitment', () => {
  /** Answers the request and has the report sent by `tell`. */
  const committing = (tell: (transactionUid: string, references: readonly SopReference[]) => Promise<void>) =>
    new Map<number, Service>([
      [
        commandFields.nActionRq,
        async (message, association) => {
          const { transactionUid = '', references } = readCommitmentRequest(await readWhole(message));
          await respond(association, message, 0, { actionTypeId: 1 });
          await tell(transactionUid, references);
        },
      ],
    ]);
  const eventReport = {
    commandField: commandFields.nEventReportRq,
    eventTypeId: 1,
    affectedSopClassUid: storageCommitment,
    affectedSopInstanceUid: storageCommitmentInstance,
  };

  test.each([
    ['vouched for', [] as number[], { kind: 'delivered', note: 'committed' }],
    ['lost again', [0x0112], { kind: 'retry' }],
    ['refused for good', [0x0122], { kind: 'dead' }],
  ])('over the same association: %s', async (_, reasons, outcome) => {
    const { port } = await archive({
      services: (association) =>
        committing(async (transactionUid, references) => {
          const context = association.contextFor(storageCommitment)!;
          const failed = reasons.flatMap((reason) => references.map((one) => ({ ...one, reason })));
          const committed = failed.length > 0 ? [] : references;
          await association.send(
            context,
            { ...eventReport, messageId: 99, hasDataSet: true },
            writeFor(context, writeReport({ transactionUid, committed, failed })),
          );
        }),
    });
    const destination = destinationTo(port, { commitments: new AwaitedCommitments() });
    expect(await destination.send(deliveryOf(object), never)).toMatchObject(outcome);
  });

  test('over an association of the archive to our node', async () => {
    const commitments = new AwaitedCommitments();
    const node = await startNode({ commitments });
    closers.push(node.close);
    const { port } = await archive({
      services: () =>
        committing(async (transactionUid, references) => {
          const back = await requestAssociation(
            { host: '127.0.0.1', port: node.port, calledAe: 'BITHIVE', callingAe: 'PACS' },
            {
              clock: systemClock,
              contexts: proposeServices([storageCommitment]),
              roles: [{ sopClassUid: storageCommitment, isScu: false, isScp: true }],
            },
          );
          const context = back.contextFor(storageCommitment)!;
          const report = writeReport({ transactionUid, committed: references, failed: [] });
          await back.send(
            context,
            { ...eventReport, messageId: 1, hasDataSet: true },
            writeFor(context, report),
          );
          expect((await back.readMessage(10_000))?.command.status).toBe(0);
          await back.release(10_000);
        }),
    });
    const destination = destinationTo(port, { commitments }, 'PACS');
    expect(await destination.send(deliveryOf(object), never)).toMatchObject({
      kind: 'delivered',
      note: 'committed',
    });
  });

  test('a word that comes late: not sent again, and delivered when it is there', async () => {
    const commitments = new AwaitedCommitments();
    const silent = await archive({ services: () => committing(async () => {}) });
    const destination = destinationTo(silent.port, { commitments, commitmentWaitMs: 50 }, 'PACS');
    const uncommitted = { kind: 'retry', error: { code: 'BH_DELIVERY_UNPROVEN' } };
    expect(await destination.send(deliveryOf(object), never)).toMatchObject(uncommitted);
    expect(await destination.send(deliveryOf(object, { attempts: 2 }), never)).toMatchObject(uncommitted);
    expect(silent.asked.filter((field) => field === commandFields.cStoreRq)).toHaveLength(1);
    const committed = [{ sopClassUid: '1', sopInstanceUid: '1.2.3.4' }];
    expect(commitments.take('PACS', { transactionUid: '1', committed, failed: [] })).toBe(1);
    expect(await destination.send(deliveryOf(object, { attempts: 3 }), never)).toMatchObject({
      kind: 'delivered',
      note: 'committed',
    });
  });
});

describe('a study query', () => {
  const ask = async (port: number, query: StudyQuery) => {
    const bytes = Buffer.from(JSON.stringify(query));
    const outcome = await destinationTo(port).send(
      deliveryOf(bytes, { contentType: studyQueryContentType }),
      never,
    );
    if (outcome.kind !== 'delivered' || outcome.answer?.body.kind !== 'inline') return outcome;
    return { ...outcome.answer, notice: JSON.parse(Buffer.from(outcome.answer.body.bytes).toString()) };
  };
  const level = (name: string) => ({ QueryRetrieveLevel: name });

  test.each([
    ['by the archive', { NumberOfStudyRelatedInstances: '12' }, {}, 12],
    ['series by series', {}, { NumberOfSeriesRelatedInstances: '5' }, 10],
    ['as many as it lists', {}, {}, 6],
  ])('count, %s', async (_, study, series, count) => {
    const { port } = await archive({
      matches(identifier) {
        const asked = identifier.text(0x00080052);
        if (asked === 'STUDY') return [{ ...level('STUDY'), StudyInstanceUID: '1.2', ...study }];
        if (asked === 'SERIES') {
          return ['1', '2'].map((uid) => ({ ...level('SERIES'), SeriesInstanceUID: uid, ...series }));
        }
        return ['1', '2', '3'].map((uid) => ({ ...level('IMAGE'), SOPInstanceUID: uid }));
      },
    });
    const answer = await ask(port, { ask: 'count', studyInstanceUid: '1.2' });
    expect(answer).toMatchObject({
      kind: 'notice',
      sender: 'pacs',
      notice: { notice: 'count', studyInstanceUid: '1.2', count },
    });
  });

  test('count of a study that it does not know: 0', async () => {
    const { port } = await archive();
    expect(await ask(port, { ask: 'count', studyInstanceUid: '1.2' })).toMatchObject({
      notice: { count: 0 },
    });
  });

  test('priors: the newest earlier studies of the modality, their objects in the blob store', async () => {
    const study = (uid: string, date: string, modality: string) => ({
      ...level('STUDY'),
      PatientID: 'P1',
      StudyInstanceUID: uid,
      StudyDate: date,
      ModalitiesInStudy: modality,
    });
    const asked: (string | undefined)[] = [];
    const { port } = await archive({
      matches: () => [
        study('1.1', '20200101', 'CT'),
        study('1.2', '20220101', 'CT'),
        study('1.3', '20210101', 'MR'),
        study('1.4', '20190101', 'CT'),
        study('1.9', '20230101', 'CT'),
        study('1.5', '20240101', 'CT'),
      ],
      files(identifier) {
        const uid = identifier.text(tags.studyInstanceUid) ?? '';
        asked.push(uid);
        return [1, 2].map((n) =>
          objectBytes({
            studyInstanceUid: uid,
            sopInstanceUid: `${uid}.${n}`,
            patientId: 'P1',
            pixels: Buffer.alloc(9_000, n),
          }),
        );
      },
    });
    const answer = await ask(port, {
      ask: 'priors',
      studyInstanceUid: '1.9',
      patientId: 'P1',
      modalities: ['CT'],
      before: '20230102',
      studiesMax: 2,
    });
    expect(asked).toEqual(['1.2', '1.1']);
    if (!('notice' in answer)) throw new TypeError('no notice');
    const { studies } = answer.notice;
    expect(studies).toMatchObject([
      {
        studyInstanceUid: '1.2',
        studyDate: '20220101',
        instances: [{ sopInstanceUid: '1.2.1' }, { sopInstanceUid: '1.2.2' }],
      },
      { studyInstanceUid: '1.1', instances: [{}, {}] },
    ]);
    const named = studies.flatMap((one: { instances: { blob: string }[] }) =>
      one.instances.map(({ blob }) => blob),
    );
    expect(answer.facts?.blobs).toEqual(named);
    for (const hash of named) expect(await blobs.has(hash)).toBe(true);
  });

  test('priors: what is not of the patient is left out, with a word', async () => {
    const { port } = await archive({
      matches: () => [{ ...level('STUDY'), StudyInstanceUID: '1.1', StudyDate: '20200101' }],
      files: () =>
        ['P1', 'P2'].map((patientId) =>
          objectBytes({ studyInstanceUid: '1.1', sopInstanceUid: `1.1.${patientId.at(-1)}`, patientId }),
        ),
    });
    const query = { studyInstanceUid: '1.9', patientId: 'P1', modalities: [], studiesMax: 3 };
    expect(await ask(port, { ask: 'priors', ...query })).toMatchObject({
      notice: {
        missing: '1.1: the archive sent an instance of another study or patient',
        studies: [{ instances: [{ sopInstanceUid: '1.1.1' }] }],
      },
    });
  });

  test('priors of an archive that does not send them: says so', async () => {
    const { port } = await archive({
      supports: (uid) => uid !== studyRoot.get,
      matches: () => [{ ...level('STUDY'), StudyInstanceUID: '1.1', StudyDate: '20200101' }],
    });
    const answer = await ask(port, {
      ask: 'priors',
      studyInstanceUid: '1.9',
      patientId: 'P1',
      modalities: [],
      studiesMax: 3,
    });
    expect(answer).toMatchObject({
      notice: { missing: expect.stringContaining('does not serve'), studies: [{ instances: [] }] },
    });
  });
});
