import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import {
  createFileDestination,
  createSftpFiles,
  parseNamePattern,
  type SftpOptions,
} from '../../../connectors/files/index.ts';
import { isPinned } from '../../../connectors/files/sftp-line.ts';
import { until } from '../../until.ts';
import { adt } from '../hl7v2/listener.ts';
import { leased } from './deliveries.ts';
import { type Watched, watch } from './folder.ts';
import { startSftp, type TestSftp } from './sftp-server.ts';

let root: string;
let server: TestSftp;
let watched: Watched;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'bithive-sftp-'));
  await mkdir(join(root, 'in'));
  server = await startSftp(root);
  watched = await watch();
});
afterEach(async () => {
  await watched.remove();
  await server.close();
  await rm(root, { recursive: true, force: true });
});

const secrets: Record<string, () => string> = {
  'env:PASS': () => 'right',
  'env:WRONG': () => 'wrong',
  'env:KEY': () => server.clientKey,
};
const access = (options: Partial<SftpOptions> = {}) =>
  createSftpFiles({
    host: '127.0.0.1',
    port: server.port,
    user: 'his',
    hostKey: server.fingerprint,
    keys: { secret: async (reference) => secrets[reference]!() },
    ...(options.privateKey ? {} : { password: 'env:PASS' }),
    ...options,
  });
const start = (files = access()) => watched.start({ protocol: 'sftp', access: files, folder: '/in' });
const names = (folder: string) => readdir(join(root, folder));

test('files of a server are taken as those of a folder are', async () => {
  await start();
  await writeFile(join(root, 'in', 'b.hl7'), `BHS|^~\\&|HIS\r${adt('C2')}${adt('C3')}BTS|2\r`);
  await writeFile(join(root, 'in', 'a.hl7'), adt('C1'));
  await writeFile(join(root, 'in', 'bad.hl7'), 'hello');
  await until(async () => (await names('in/done')).length === 2 && (await names('in/error')).length === 2);
  expect(await names('in')).toEqual(['done', 'error', 'work']);
  expect(watched.arrivals.map(({ kind }) => kind)).toEqual(['hl7v2', 'batch', 'hl7v2', 'hl7v2', 'hl7v2']);
  expect(server.connections).toBe(1);
});

test('a large file comes through whole', async () => {
  const text = Array.from({ length: 5_000 }, (_, at) => adt(`N${at}`)).join('');
  await start();
  await writeFile(join(root, 'in', 'large.hl7'), text);
  await until(async () => (await names('in/done')).length === 1);
  expect(watched.arrivals[0]?.body).toMatchObject({ kind: 'blob', bytesCount: text.length });
  expect(watched.arrivals).toHaveLength(5_001);
});

test('a connection that breaks is opened again', async () => {
  await start();
  await until(async () => (await names('in')).length === 3);
  server.cut();
  await writeFile(join(root, 'in', 'a.hl7'), adt('C1'));
  await until(async () => (await names('in/done')).length === 1);
  expect(server.connections).toBeGreaterThan(1);
});

test.each([
  ['another host key', { hostKey: `SHA256:${'A'.repeat(43)}` }, 'BH_FILE_HOST_KEY'],
  ['a wrong password', { password: 'env:WRONG' }, 'BH_FILE_IO'],
])('%s: nothing is done', async (_, options, code) => {
  const files = access(options);
  await expect(files.list('/in')).rejects.toMatchObject({ code });
  await files.close();
});

test('the key itself may be pinned, and a key may let us in', async () => {
  const files = access({ hostKey: server.publicKey, privateKey: 'env:KEY' });
  expect(await files.list('/in')).toEqual([]);
  expect(isPinned(Buffer.from('other'), server.publicKey)).toBe(false);
  await files.close();
});

test('a destination: written under a hidden name, then named; sent again it is the same file', async () => {
  const files = access();
  const destination = createFileDestination({
    kind: 'sftp',
    access: files,
    folder: '/out',
    namePattern: parseNamePattern('{channel}-{deliveryId}.hl7'),
    blobs: watched.blobs,
  });
  const delivery = leased({ kind: 'inline', bytes: Buffer.from(adt('C1')) });
  for (let attempt = 0; attempt < 2; attempt++) {
    expect(await destination.send(delivery, new AbortController().signal)).toMatchObject({
      kind: 'delivered',
    });
  }
  expect(await names('out')).toEqual(['orders-000000000007.hl7']);
  expect(await readFile(join(root, 'out', 'orders-000000000007.hl7'), 'utf8')).toBe(adt('C1'));
  await server.close();
  expect(await destination.send(delivery, new AbortController().signal)).toMatchObject({
    kind: 'retry',
    error: { code: 'BH_FILE_IO' },
  });
  await destination.close();
});

/** Of Debian's openssh-sftp-server; elsewhere where the variable says. */
const program = process.env.BITHIVE_TEST_SFTP_SERVER ?? '/usr/lib/openssh/sftp-server';

(existsSync(program) ? test : test.skip)(
  'OpenSSH: its extensions sync content and replace names',
  async () => {
    const real = await startSftp(root, { program });
    const files = access({ port: real.port, hostKey: real.fingerprint });
    await files.makeFolder(join(root, 'out'));
    for (const text of ['first', 'second']) {
      await files.write(join(root, 'out', '.a.tmp'), [Buffer.from(text)]);
      expect(await files.move(join(root, 'out', '.a.tmp'), join(root, 'out', 'a'))).toBe(true);
    }
    expect(await files.move(join(root, 'out', 'gone'), join(root, 'out', 'a'))).toBe(false);
    expect(await files.exists(join(root, 'out', 'gone'))).toBe(false);
    expect((await files.list(join(root, 'out'))).map(({ name, bytesCount }) => [name, bytesCount])).toEqual([
      ['a', 6],
    ]);
    const chunks: Uint8Array[] = [];
    for await (const chunk of files.read(join(root, 'out', 'a'))) chunks.push(chunk);
    expect(Buffer.concat(chunks).toString()).toBe('second');
    await expect(files.list(join(root, 'none'))).rejects.toMatchObject({ code: 'BH_FILE_IO' });
    await files.close();
    await real.close();
  },
);
