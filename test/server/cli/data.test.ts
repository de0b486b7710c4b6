import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { parseBlobHash } from '../../../core/ids.ts';
import { openFolderBlobs } from '../../../platform/blobs/index.ts';
import { removeEngineFile, writeEngineFile } from '../../../server/cli/engine-file.ts';
import { apiToken, exampleMessage, startServer, type TestServer } from '../http/harness.ts';
import { admission, bithive, temporaryFolder, withStore } from './harness.ts';

const folder = temporaryFolder();
const data = join(folder.path, 'data');
const large = Buffer.alloc(300_000, 'x');
let id: number;

beforeAll(async () => {
  const blobs = await openFolderBlobs({ folder: join(data, 'blobs'), diskFreeBytesMin: 0 });
  const stored = await blobs.put(
    (async function* () {
      yield large;
    })(),
    large.length,
  );
  await withStore(data, async (store) => {
    id = (await store.accept(admission())).id;
    const body = { kind: 'blob', hash: stored.hash, bytesCount: stored.bytesCount } as const;
    await store.accept(
      admission({
        body,
        searchKeys: [['accession', 'A-1']],
        contentType: 'application/dicom',
        kind: 'dicom',
      }),
    );
  });
  expect(parseBlobHash(createHash('sha256').update(large).digest('hex'))).toBe(stored.hash);
});
afterAll(() => folder.remove());

const events = () => withStore(data, (store) => store.readAudit(1, 1000));

describe('with no engine on the data folder', () => {
  test('search finds, prints a table, and leaves an audit event', async () => {
    const { code, out } = await bithive(['message', 'search', '--mrn', 'P-100', '--data', data]);
    expect(code).toBe(0);
    expect(out.split('\n')[0]).toMatch(/^ID +RECEIVED +CHANNEL/);
    expect(out).toMatch(
      new RegExp(`${id} +2026-01-02T03:04:05.000Z +adt-orders +ADT\\^A04 +received +HIS\\|NORTH +mrn=P-100`),
    );
    expect((await events()).at(-1)).toMatchObject({
      operation: 'message.search',
      agent: 'cli:tester',
      entities: { mrn: 'P-100', found: [id] },
    });
  });

  test('nothing found is an exit code of its own', async () => {
    expect(await bithive(['message', 'search', '--mrn', 'nobody', '--data', data])).toMatchObject({
      code: 3,
      out: '',
      err: 'nothing found',
    });
  });

  test('what is asked for is checked as the API would', async () => {
    const { code, err } = await bithive(['message', 'search', '--status', 'lost', '--data', data]);
    expect(code).toBe(1);
    expect(err).toContain('BH_HTTP_INPUT: status');
  });

  test('show prints the message and its lineage, or its bytes', async () => {
    const shown = await bithive(['message', 'show', String(id), '--data', data]);
    expect(shown.out).toContain('type: ADT^A04');
    const json = await bithive(['message', 'show', String(id), '--data', data, '--json']);
    expect(JSON.parse(json.out)).toMatchObject({
      message: { id, status: 'received' },
      lineage: { id, deliveries: [] },
    });
    const bytes = await bithive(['message', 'show', String(id), '--body', '--data', data]);
    expect(bytes.bytes.toString()).toBe('MSH|^~\\&|HIS|NORTH\r');
    expect((await bithive(['message', 'show', String(id + 1), '--body', '--data', data])).bytes).toEqual(
      large,
    );
    expect((await bithive(['message', 'show', '999', '--data', data])).err).toContain('BH_STORE_NOT_FOUND');
  });

  test('the audit trail verifies', async () => {
    const { code, out } = await bithive(['audit', 'verify', '--data', data, '--json']);
    expect(code).toBe(0);
    expect(JSON.parse(out).events).toBeGreaterThan(0);
  });

  test('replay needs an engine; a folder that is none is not made one', async () => {
    expect(await bithive(['message', 'replay', '1', '--data', data])).toMatchObject({ code: 4 });
    const absent = join(folder.path, 'absent');
    expect(await bithive(['message', 'search', '--data', absent])).toMatchObject({ code: 4 });
    expect(readdirSync(folder.path)).not.toContain('absent');
  });

  test('a folder that another process owns is not opened', async () => {
    const { code, err } = await withStore(data, () => bithive(['message', 'search', '--data', data]));
    expect(code).toBe(1);
    expect(err).toContain('BH_STORE_LOCKED');
  });
});

describe('backup and restore', () => {
  const copy = join(folder.path, 'copy');
  const again = join(folder.path, 'again');

  test('what was backed up is found in the restored folder, large bodies too', async () => {
    const made = await bithive(['backup', copy, '--data', data, '--json']);
    expect([made.code, made.err]).toEqual([0, '']);
    expect(JSON.parse(made.out)).toMatchObject({ throughMessageId: id + 1, bodies: 1 });
    // Nothing comes or goes in it any more: no handle on the copy is left to a garbage collection.
    expect(readdirSync(copy).sort()).toEqual(['backup.json', 'bithive.db', 'blobs']);
    const restored = await bithive(['restore', copy, '--data', again, '--json']);
    expect([restored.code, restored.err]).toEqual([0, '']);
    expect(JSON.parse(restored.out)).toMatchObject({ data: again, bodies: 1 });
    expect((await bithive(['message', 'search', '--mrn', 'P-100', '--data', again])).code).toBe(0);
    expect((await bithive(['message', 'show', String(id + 1), '--body', '--data', again])).bytes).toEqual(
      large,
    );
  });

  test('never over something, never from something that is no backup', async () => {
    expect((await bithive(['restore', copy, '--data', again])).err).toContain('is not empty');
    expect((await bithive(['backup', copy, '--data', data])).err).toContain('not empty');
    mkdirSync(join(folder.path, 'no-backup'));
    const { code, err } = await bithive([
      'restore',
      join(folder.path, 'no-backup'),
      '--data',
      join(folder.path, 'x'),
    ]);
    expect([code, err]).toEqual([2, expect.stringContaining('not a finished backup')]);
  });

  test('a backup that lost a body is not called restored', async () => {
    const broken = join(folder.path, 'broken');
    await bithive(['backup', broken, '--data', data]);
    for (const name of readdirSync(join(broken, 'blobs')))
      rmSync(join(broken, 'blobs', name), { recursive: true });
    const { code, err } = await bithive(['restore', broken, '--data', join(folder.path, 'from-broken')]);
    expect([code, err]).toEqual([1, expect.stringContaining('BH_BLOB_CORRUPT')]);
  });
});

describe('with an engine on the data folder', () => {
  let server: TestServer;
  let messageId: number;
  const served = join(folder.path, 'served');

  beforeAll(async () => {
    server = await startServer();
    messageId = (await server.store.accept(exampleMessage())).id;
    mkdirSync(served);
    const tokenFile = join(served, 'api-token');
    writeFileSync(tokenFile, apiToken, { mode: 0o600 });
    await writeEngineFile(served, { pid: 1, url: server.url, tokenFile, version: '0' });
  });
  afterAll(() => server.stop());

  test('the same verbs speak to it', async () => {
    const found = await bithive(['message', 'search', '--mrn', 'P-100', '--data', served]);
    expect([found.code, found.err]).toEqual([0, '']);
    expect(found.out).toContain('adt-orders');
    const shown = await bithive(['message', 'show', String(messageId), '--data', served, '--json']);
    expect(JSON.parse(shown.out)).toMatchObject({ message: { id: messageId }, lineage: { id: messageId } });
    const bytes = await bithive(['message', 'show', String(messageId), '--body', '--data', served]);
    expect(bytes.bytes.toString()).toBe('MSH|^~\\&|HIS|NORTH\r');
    const replayed = await bithive(['message', 'replay', String(messageId), '--data', served]);
    expect(replayed.out).toBe(`message ${messageId} was accepted again as 1001`);
    expect((await bithive(['audit', 'verify', '--data', served])).code).toBe(0);
    await bithive(['backup', '/somewhere', '--data', served]);
    expect(server.backups).toEqual(['/somewhere']);
  });

  test('its refusals keep their code', async () => {
    const { code, err } = await bithive(['message', 'show', '999', '--data', served]);
    expect([code, err]).toEqual([1, expect.stringContaining('BH_STORE_NOT_FOUND')]);
  });

  test('a token that others can read is refused before it is sent', async () => {
    const tokenFile = join(served, 'open-token');
    writeFileSync(tokenFile, apiToken, { mode: 0o644 });
    await writeEngineFile(served, { pid: 1, url: server.url, tokenFile, version: '0' });
    expect((await bithive(['message', 'search', '--data', served])).err).toContain('BH_CONFIG_SECRET');
  });

  test('the file that a killed engine left behind misleads nobody', async () => {
    const left = { pid: 1, url: 'http://127.0.0.1:1', tokenFile: join(served, 'api-token'), version: '0' };
    await writeEngineFile(data, left);
    expect((await bithive(['message', 'search', '--mrn', 'P-100', '--data', data])).code).toBe(0);
    await removeEngineFile(data);
  });
});
