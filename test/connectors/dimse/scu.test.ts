import { afterEach, describe, expect, test } from '@jest/globals';
import {
  echo,
  find,
  get,
  move,
  proposeObjects,
  proposeServices,
  type RemoteNode,
  requestAssociation,
  storageRoles,
  store,
  storeMany,
  studyRoot,
  verification,
} from '../../../connectors/dimse/index.ts';
import { commandFields } from '../../../connectors/dimse/message/command-fields.ts';
import { respond } from '../../../connectors/dimse/scp/service.ts';
import { datasetOf, tags } from '../../../formats/dicom/index.ts';
import { systemClock } from '../../../platform/clock.ts';
import { until } from '../../until.ts';
import { objectBytes } from '../dicomweb/object-bytes.ts';
import { startNode } from './node-setup.ts';
import { ctImage, dataSetOf, explicitLittleEndian } from './raw-peer.ts';
import { type ArchiveOptions, startArchive } from './test-archive.ts';

const answerMs = 10_000;
const clock = systemClock;
const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

const nodeAt = (port: number, calledAe = 'BITHIVE'): RemoteNode => ({
  host: '127.0.0.1',
  port,
  calledAe,
  callingAe: 'TESTER',
});
const ours = async (options: Parameters<typeof startNode>[0] = {}) => {
  const node = await startNode(options);
  closers.push(node.close);
  return node;
};
const archive = async (options: ArchiveOptions = {}) => {
  const started = await startArchive(options);
  closers.push(started.close);
  return started;
};
const associate = async (
  port: number,
  contexts = proposeServices([verification]),
  roles = storageRoles([]),
) => {
  const association = await requestAssociation(nodeAt(port), { clock, contexts, roles });
  closers.push(() => association.release(answerMs));
  return association;
};
const ctKind = { sopClassUid: ctImage, transferSyntaxUid: explicitLittleEndian };
const ctNumber = (number: number) => {
  const sopInstanceUid = `1.2.3.${number}`;
  return {
    ...ctKind,
    sopInstanceUid,
    dataSet: () => dataSetOf({ sopInstanceUid, pixels: Buffer.alloc(50_000, number) }),
  };
};

describe('an association that we ask for', () => {
  test('C-ECHO against our own node', async () => {
    const association = await associate((await ours()).port);
    expect((await echo(association, answerMs)).status).toBe(0);
  });

  test('rejected: the reason in words', async () => {
    const { port } = await ours();
    await expect(
      requestAssociation(nodeAt(port, 'NOBODY'), { clock, contexts: proposeServices([verification]) }),
    ).rejects.toMatchObject({
      code: 'BH_DIMSE_REJECTED',
      detail: 'association rejected for good: called AE title not recognized',
    });
  });

  test('nobody there', async () => {
    const { port, close } = await startNode();
    await close();
    await expect(associate(port)).rejects.toMatchObject({ code: 'BH_DELIVERY_UNREACHABLE' });
  });

  test('nobody who answers', async () => {
    const silent = await archive({ services: () => new Map([[commandFields.cEchoRq, async () => {}]]) });
    const association = await associate(silent.port);
    await expect(echo(association, 100)).rejects.toMatchObject({ code: 'BH_DIMSE_TIMEOUT' });
    expect(association.hasEnded).toBe(true);
  });

  test('a signal ends it', async () => {
    const silent = await archive({ services: () => new Map([[commandFields.cEchoRq, async () => {}]]) });
    const stop = new AbortController();
    const association = await requestAssociation(nodeAt(silent.port), {
      clock,
      contexts: proposeServices([verification]),
      signal: stop.signal,
    });
    const echoed = echo(association, answerMs);
    await until(() => silent.asked.length === 1);
    stop.abort();
    await expect(echoed).rejects.toMatchObject({ code: 'BH_DIMSE_ABORTED' });
    await expect(
      requestAssociation(nodeAt(silent.port), { clock, contexts: [], signal: stop.signal }),
    ).rejects.toMatchObject({ code: 'BH_STOPPING' });
  });

  test('a service that was not agreed to', async () => {
    const refusing = await archive({ supports: () => false });
    const association = await associate(refusing.port);
    await expect(echo(association, answerMs)).rejects.toMatchObject({ code: 'BH_DIMSE_CONTEXT' });
  });
});

describe('C-STORE', () => {
  test('against our own node, in pieces and whole: the same bytes', async () => {
    const node = await ours();
    const association = await associate(node.port, proposeObjects([ctKind]));
    const whole = dataSetOf({ pixels: Buffer.alloc(300_000, 7) });
    async function* pieces(): AsyncGenerator<Uint8Array> {
      for (let at = 0; at < whole.length; at += 1_000) yield whole.subarray(at, at + 1_000);
    }
    const object = { ...ctKind, sopInstanceUid: '1.2.3.4' };
    expect((await store(association, { ...object, dataSet: pieces() }, answerMs)).status).toBe(0);
    expect((await store(association, { ...object, dataSet: whole }, answerMs)).status).toBe(0);
    expect(node.arrivals).toHaveLength(1);
    expect((await node.bytesOf(node.arrivals[0])).subarray(-whole.length)).toEqual(whole);
  });

  test('many: each with its answer; one of a syntax that is not taken keeps nothing back', async () => {
    const node = await ours();
    const odd = { ...ctNumber(2), transferSyntaxUid: '1.2.3.4.5' };
    const results = [];
    const objects = [ctNumber(1), odd, ctNumber(3)];
    for await (const result of storeMany(nodeAt(node.port), objects, { clock, answerMs }))
      results.push(result);
    expect(results).toMatchObject([{ status: 0 }, { error: { code: 'BH_DIMSE_CONTEXT' } }, { status: 0 }]);
  });

  test('many: a peer that aborts is called again, three times in turn', async () => {
    let calls = 0;
    const dying = await archive({
      services: () =>
        new Map([
          [
            commandFields.cStoreRq,
            async (message, association) => {
              calls += 1;
              if (calls === 2 || calls > 3) association.abort();
              else await respond(association, message, 0);
            },
          ],
        ]),
    });
    const objects = [1, 2, 3, 4, 5, 6, 7].map(ctNumber);
    const results = [];
    for await (const result of storeMany(nodeAt(dying.port), objects, { clock, answerMs }))
      results.push(result);
    const broken = { error: { code: 'BH_DIMSE_ABORTED' } };
    expect(results).toMatchObject([{ status: 0 }, broken, { status: 0 }, broken, broken, broken, broken]);
    expect(calls).toBe(6);
  });
});

describe('C-FIND', () => {
  const three = [1, 2, 3].map((number) => ({ QueryRetrieveLevel: 'STUDY', StudyInstanceUID: `1.${number}` }));
  const query = {
    sopClassUid: studyRoot.find,
    identifier: datasetOf({ QueryRetrieveLevel: 'STUDY', PatientName: 'Müller^*', StudyInstanceUID: null }),
    answerMs,
  };

  test('the matches as they come; the identifier arrives as it was meant', async () => {
    const names: (string | undefined)[] = [];
    const { port } = await archive({
      matches(identifier) {
        names.push(identifier.text(tags.patientName));
        return three;
      },
    });
    const association = await associate(port, proposeServices([studyRoot.find]));
    const found: (string | undefined)[] = [];
    for await (const match of find(association, query)) found.push(match.text(tags.studyInstanceUid));
    expect([found, names]).toEqual([['1.1', '1.2', '1.3'], ['Müller^*']]);
  });

  test('who has enough cancels, and the association serves the next query', async () => {
    const { port } = await archive({ matches: () => three });
    const association = await associate(port, proposeServices([studyRoot.find]));
    for await (const _ of find(association, query)) break;
    const again: unknown[] = [];
    for await (const match of find(association, query)) again.push(match);
    expect(again).toHaveLength(3);
  });

  test('a failure is told with the word of the peer', async () => {
    const { port } = await archive({
      services: () =>
        new Map([
          [
            commandFields.cFindRq,
            (message, association) => respond(association, message, 0xa700, { errorComment: 'no room' }),
          ],
        ]),
    });
    const association = await associate(port, proposeServices([studyRoot.find]));
    await expect(find(association, query).next()).rejects.toMatchObject({
      code: 'BH_DIMSE_STATUS',
      detail: 'C-FIND: A700H no room',
    });
  });
});

describe('retrieval', () => {
  const files = [1, 2].map((number) =>
    objectBytes({ sopInstanceUid: `1.2.3.${number}`, pixels: Buffer.alloc(40_000) }),
  );
  const request = {
    identifier: datasetOf({ QueryRetrieveLevel: 'STUDY', StudyInstanceUID: '1.2.3' }),
    answerMs,
  };

  test('C-GET: the objects come over the same association', async () => {
    const { port } = await archive({ files: () => files });
    const contexts = [...proposeServices([studyRoot.get]), ...proposeObjects([ctKind], 3)];
    const association = await associate(port, contexts, storageRoles([ctImage]));
    const got: number[] = [];
    const result = await get(association, { ...request, sopClassUid: studyRoot.get }, async (message, on) => {
      let bytesCount = 0;
      for await (const piece of message.dataSet ?? []) bytesCount += piece.length;
      got.push(bytesCount);
      await respond(on, message, got.length === 1 ? 0 : 0xa700);
    });
    expect(result).toEqual({ status: 0xb000, completed: 1, failed: 1, warning: 0 });
    expect(got).toEqual(files.map((file) => file.length - 144 - file.readUInt32LE(140)));
  });

  test('C-MOVE to our own node', async () => {
    const node = await ours();
    const { port } = await archive({
      files: () => files,
      moveTo: { host: '127.0.0.1', port: node.port, ae: 'BITHIVE' },
    });
    const association = await associate(port, proposeServices([studyRoot.move]));
    const asked = { ...request, sopClassUid: studyRoot.move };
    expect(await move(association, { ...asked, destination: 'BITHIVE' })).toMatchObject({
      status: 0,
      completed: 2,
    });
    expect(node.arrivals.map(({ sender }) => sender)).toEqual(['ARCHIVE', 'ARCHIVE']);
    await expect(move(association, { ...asked, destination: 'ELSEWHERE' })).rejects.toMatchObject({
      code: 'BH_DIMSE_STATUS',
      detail: 'A801H unknown move destination',
    });
  });
});
