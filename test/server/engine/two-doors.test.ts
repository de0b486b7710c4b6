import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { proposeObjects, requestAssociation, store } from '../../../connectors/dimse/index.ts';
import { systemClock } from '../../../platform/clock.ts';
import { objectBytes } from '../../connectors/dicomweb/object-bytes.ts';
import { bodyOf, multipartType, post } from '../../connectors/dicomweb/raw-client.ts';
import { ctImage, explicitLittleEndian } from '../../connectors/dimse/raw-peer.ts';
import { until } from '../../until.ts';
import { type Hospital, startHospital } from './hospital.ts';

let hospital: Hospital;
beforeAll(async () => {
  hospital = await startHospital({ quietMs: 60_000 });
});
afterAll(() => hospital?.close());

const kind = { sopClassUid: ctImage, transferSyntaxUid: explicitLittleEndian };
const objectOf = (number: number): Buffer =>
  objectBytes({ sopInstanceUid: `1.2.3.${number}`, studyInstanceUid: '1.2.3' });

test('a study that comes half by STOW-RS and half by C-STORE is one; what comes by both is taken once', async () => {
  const { engine, dicomweb } = hospital;
  const byStow = await post(`${dicomweb}/studies`, bodyOf([objectOf(1), objectOf(2)]), {
    'content-type': multipartType,
    authorization: `Bearer ${engine.token}`,
  });
  expect(byStow.status).toBe(200);

  const port = engine.listening.find(({ protocol }) => protocol === 'dimse')?.port ?? 0;
  const association = await requestAssociation(
    { host: '127.0.0.1', port, calledAe: 'BITHIVE', callingAe: 'CT1' },
    { clock: systemClock, contexts: proposeObjects([kind]) },
  );
  for (const number of [2, 3]) {
    const file = objectOf(number);
    const dataSet = file.subarray(144 + file.readUInt32LE(140));
    const sent = { ...kind, sopInstanceUid: `1.2.3.${number}`, dataSet };
    expect((await store(association, sent, 10_000)).status).toBe(0);
  }
  await association.release(10_000);

  const messages = await until(async () => {
    const found = await engine.store.listMessages({ kind: 'dicom', limit: 10 });
    return found.length === 3 && found.every(({ status }) => status === 'processed') && found;
  });
  expect(messages.map(({ sender }) => sender).reverse()).toEqual(['api-token', 'api-token', 'CT1']);
  const [study] = await engine.store.readStates([{ scope: 'imaging-ai', key: '1.2.3', withItems: true }]);
  expect(study?.items?.map(({ itemKey }) => itemKey).sort()).toEqual(['1.2.3.1', '1.2.3.2', '1.2.3.3']);
});
