import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import { type Engine, startEngine } from '../../../server/compose.ts';
import { until } from '../../until.ts';
import { type Hospital, startHospital } from './hospital.ts';

const time = '20261122080000+0000';
const update = (controlId: string) =>
  `MSH|^~\\&|HIS|DEMOHOSP|BITHIVE|DEMOHOSP|${time}||ADT^A08^ADT_A01|${controlId}|P|2.5.1\rEVN|A08|${time}\rPID|1||${controlId}^^^DEMOHOSP^MR||Muster^Max||19640229|M\r`;

/** Each drops another row, so that a Bundle tells the version that made it. */
const overlays = [
  { 'segments/pid.patient.yaml': 'drop: [PID-7]\n' },
  { 'segments/pid.patient.yaml': 'drop: [PID-8]\n' },
];
const marks = (bundle: string) =>
  `${bundle.includes('"birthDate"') ? 'birth ' : ''}${bundle.includes('"gender"') ? 'gender' : ''}`.trim();
const expected = ['birth gender', 'gender', 'birth'];

let hospital: Hospital | undefined;
/** Started anew on the folder of the hospital, whose `close` does not know of it. */
let again: Engine | undefined;
afterEach(async () => {
  await again?.stop();
  again = undefined;
  await hospital?.close();
  hospital = undefined;
});

/** What the routes of the map answer; each test looks at its part. */
interface Answer {
  readonly versions: readonly object[];
  readonly residue: readonly object[];
}

const api = ({ engine }: Pick<Hospital, 'engine'>) => {
  const door = engine.listening.find(({ protocol, path }) => protocol === 'http' && path === undefined);
  return async (method: string, path: string, body?: object) => {
    const answer = await fetch(`http://127.0.0.1:${door?.port}${path}`, {
      method,
      headers: { authorization: `Bearer ${engine.token}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: answer.status, body: (await answer.json()) as Answer };
  };
};

test('maps are deployed and rolled back while messages flow: none is lost, each is converted by the version that accepted it', async () => {
  hospital = await startHospital();
  const running = hospital;
  const ask = api(running);
  const senders = 4;
  const each = 40;
  let sent = 0;
  const sending = Array.from({ length: senders }, async (_, sender) => {
    const his = await running.his();
    for (let nth = 0; nth < each; nth++) {
      expect(await his.send(update(`S${sender}N${nth}`))).toBe('AA');
      sent++;
    }
    his.close();
  });
  const after = (count: number) => until(async () => (sent >= count ? true : undefined));
  await after(30);
  expect(await ask('POST', '/api/mapping/deploy', { files: overlays[0]!, note: 'first' })).toMatchObject({
    status: 200,
    body: {
      version: 1,
      changed: true,
      channels: [{ channel: 'adt-orders', version: 2 }, { channel: 'imaging-ai' }],
    },
  });
  await after(70);
  expect(await ask('POST', '/api/mapping/deploy', { files: overlays[1]! })).toMatchObject({
    body: { version: 2 },
  });
  await after(110);
  expect(await ask('POST', '/api/mapping/rollback', {})).toMatchObject({
    body: { version: 3, changed: true },
  });
  await Promise.all(sending);

  const { store } = running.engine;
  const deliveries = await until(async () => {
    const found = await store.searchDeliveries({ channel: 'adt-orders', limit: 500 });
    return found.length === senders * each && found.every(({ settledAtMs }) => settledAtMs !== undefined)
      ? found
      : undefined;
  });
  const messages = await store.searchMessages({ channel: 'adt-orders', kind: 'hl7v2', limit: 500 });
  expect(
    new Set(messages.map(({ searchKeys }) => searchKeys.find(([name]) => name === 'control-id')?.[1])).size,
  ).toBe(senders * each);

  // Channel versions 1 to 4: no overlay, the first, the second, the first again.
  const wanted = [expected[0], expected[1], expected[2], expected[1]];
  const bound = new Map(messages.map(({ id, channelVersion }) => [id, channelVersion]));
  const told = deliveries.map(({ messageId, body }) => {
    const version = bound.get(messageId) ?? 0;
    const text = body.kind === 'inline' ? Buffer.from(body.bytes).toString('utf8') : '';
    return { version, is: marks(text), wanted: wanted[version - 1] };
  });
  expect(told.filter(({ is, wanted: should }) => is !== should)).toEqual([]);
  expect(new Set(told.map(({ version }) => version))).toEqual(new Set([1, 2, 3, 4]));
  expect(deliveries.every(({ state }) => state === 'delivered')).toBe(true);

  const { body: versions } = await ask('GET', '/api/mapping/versions');
  expect(versions).toMatchObject({
    versions: [
      { version: 3, inForce: true, from: 'rollback', of: 1, by: 'api-token' },
      { version: 2, from: 'deploy' },
      { version: 1, from: 'deploy', note: 'first', files: ['segments/pid.patient.yaml'] },
      { version: 0, overlay: 'none' },
    ],
  });
  const trail = (await store.readAudit(1, 1000)).filter(({ operation }) => operation.startsWith('mapping.'));
  expect(trail.map(({ operation, outcome }) => `${operation} ${outcome}`)).toEqual([
    'mapping.deploy success',
    'mapping.deploy success',
    'mapping.rollback success',
  ]);
  expect(JSON.stringify(trail)).not.toContain('drop:');

  // Explained by the map that it is bound to, not by the one in force.
  const second = messages.find(({ channelVersion }) => channelVersion === 3);
  const { body: explained } = await ask('GET', `/api/messages/${second?.id}/explain`);
  expect(explained).toMatchObject({ mapVersion: 2, id: second?.id });
  expect(JSON.stringify(explained)).toContain('Patient');
  expect(explained.residue).toContainEqual({ path: 'PID-8', value: 'M' });
}, 120_000);

test('the version in force stays over a restart; a folder of the settings is deployed once, and again when it changes', async () => {
  hospital = await startHospital();
  const first = hospital;
  let ask = api(first);
  await ask('POST', '/api/mapping/deploy', { files: overlays[0]! });
  const restart = async (changes: object = {}) => {
    await (again ?? first.engine).stop();
    again = await startEngine({ ...first.again, config: { ...first.again.config, ...changes } });
    ask = api({ engine: again });
    return again;
  };
  const versions = async () => (await ask('GET', '/api/mapping/versions')).body.versions;
  const { pipelines } = await restart();
  expect(await versions()).toMatchObject([{ version: 1, inForce: true }, { version: 0 }]);
  expect(pipelines.channels.find(({ name }) => name === 'adt-orders')?.inForce.version).toBe(2);

  const folder = join(first.folder, 'overlay');
  const mappings = { folder };
  const write = (text: string) => writeFileSync(join(folder, 'segments/pid.patient.yaml'), text);
  mkdirSync(join(folder, 'segments'), { recursive: true });
  write('drop: [PID-8]\n');
  await restart({ mappings });
  expect((await versions())[0]).toMatchObject({ version: 2, from: 'folder', by: 'settings' });
  await ask('POST', '/api/mapping/rollback', {});
  await restart({ mappings });
  expect((await versions())[0]).toMatchObject({ version: 3, from: 'rollback', of: 1 });
  write('drop: [PID-7, PID-8]\n');
  await restart({ mappings });
  expect((await versions())[0]).toMatchObject({ version: 4, from: 'folder' });
}, 120_000);

test('an overlay with a fault is refused with file and line, and changes nothing', async () => {
  hospital = await startHospital();
  const ask = api(hospital);
  const files = { 'segments/pid.patient.yaml': 'drop:\n- PID-99\n' };
  expect(await ask('POST', '/api/mapping/deploy', { files })).toMatchObject({
    status: 422,
    body: {
      code: 'BH_MAP_DEFINITION',
      detail: expect.stringContaining('overlay/segments/pid.patient.yaml:2: '),
    },
  });
  expect(await ask('POST', '/api/mapping/deploy', { files: { 'etc/passwd': 'x' } })).toMatchObject({
    body: { code: 'BH_MAP_DEFINITION' },
  });
  expect(await ask('POST', '/api/mapping/rollback', {})).toMatchObject({ status: 409 });
  expect((await ask('GET', '/api/mapping/versions')).body.versions).toHaveLength(1);
}, 60_000);
