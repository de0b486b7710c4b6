import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { silentLogger } from '../../../core/ports/index.ts';
import { systemClock } from '../../../platform/clock.ts';
import { createSystemKeys } from '../../../platform/security/system-keys.ts';
import { loadTls } from '../../../platform/security/tls-material.ts';
import { renewTls } from '../../../platform/security/tls-renewal.ts';
import { writeEngineFile } from '../../../server/cli/engine-file.ts';
import { Authority, hasOpenssl } from '../../connectors/hl7v2/certificates.ts';
import { bithive } from '../cli/harness.ts';
import { apiToken, exampleMessage, startServer, type TestServer } from './harness.ts';

// Certificates are made by the openssl command; a machine without it skips this file by name.
const whole = hasOpenssl() ? describe : describe.skip;

whole('HTTPS', () => {
  let folder: string;
  let authority: Authority;
  let server: TestServer;
  const file = (name: string, text: string, mode = 0o600): string => {
    const path = join(folder, name);
    writeFileSync(path, text, { mode });
    return path;
  };

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'bithive-https-'));
    authority = new Authority();
    const { key, cert } = authority.issue('engine');
    server = await startServer({
      argv: [`--http-tls-key=file:${file('engine.key', key)}`, `--http-tls-cert=${file('engine.pem', cert)}`],
    });
    await server.store.accept(exampleMessage());
  });
  afterAll(async () => {
    await server.stop();
    authority.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  const status = (path: string, token?: string) =>
    new Promise<number>((resolve, reject) => {
      const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
      request({ host: '127.0.0.1', port: server.port, path, ca: authority.cert, headers }, (answer) => {
        answer.resume();
        resolve(answer.statusCode ?? 0);
      })
        .on('error', reject)
        .end();
    });

  test('the same door, encrypted', async () => {
    expect(await status('/api/messages')).toBe(401);
    expect(await status('/api/messages', apiToken)).toBe(200);
  });

  test('TLS 1.1 is refused', async () => {
    const handshake = new Promise((resolve, reject) => {
      const options = { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', rejectUnauthorized: false } as const;
      connect({ host: '127.0.0.1', port: server.port, ...options }, () => resolve('open')).on(
        'error',
        reject,
      );
    });
    await expect(handshake).rejects.toMatchObject({ code: expect.stringMatching(/^ERR_SSL_/) });
  });

  test('the command line trusts the certificate of the engine, and no other', async () => {
    const data = join(folder, 'data');
    mkdirSync(data, { recursive: true });
    const tokenFile = file('token', apiToken);
    const url = `https://127.0.0.1:${server.port}`;
    const found = { pid: 1, url, tokenFile, version: '0' };
    await writeEngineFile(data, { ...found, certFile: join(folder, 'engine.pem') });
    expect(await bithive(['message', 'search', '--mrn', 'P-100', '--data', data])).toMatchObject({
      code: 0,
      err: '',
    });
    await writeEngineFile(data, { ...found, certFile: file('other.pem', authority.issue('other').cert) });
    expect((await bithive(['message', 'search', '--mrn', 'P-100', '--data', data])).code).toBe(4);
  });

  test('a key of mode 0644, and a certificate of another key, are refused at start', async () => {
    const { key, cert } = authority.issue('third');
    const start = (keyFile: string, certFile: string) =>
      startServer({ argv: [`--http-tls-key=file:${keyFile}`, `--http-tls-cert=${certFile}`] });
    await expect(start(file('open.key', key, 0o644), file('third.pem', cert))).rejects.toMatchObject({
      code: 'BH_CONFIG_SECRET',
    });
    await expect(start(file('third.key', key), join(folder, 'engine.pem'))).rejects.toMatchObject({
      code: 'BH_CONFIG_VALUE',
    });
  });

  test('a renewed certificate is taken into use; a half-written one is not', async () => {
    const keys = createSystemKeys({ env: {}, cwd: folder });
    const first = authority.issue('renewed');
    const references = {
      key: `file:${file('renewed.key', first.key)}`,
      cert: file('renewed.pem', first.cert),
    };
    const inForce = await loadTls(references, keys);
    const taken: unknown[] = [];
    let look = () => {};
    const clock = {
      ...systemClock,
      after(_delayMs: number, call: () => void) {
        look = call;
        return () => {};
      },
    };
    const stop = renewTls({
      references,
      keys,
      clock,
      logger: silentLogger,
      inForce,
      server: { setSecureContext: (material) => void taken.push(material.cert) },
    });
    const lookNow = async () => {
      const before = look;
      look();
      while (look === before) await new Promise((done) => setImmediate(done));
    };
    await lookNow();
    expect(taken).toEqual([]);
    const second = authority.issue('renewed');
    file('renewed.key', second.key);
    await lookNow();
    expect(taken).toEqual([]);
    file('renewed.pem', second.cert);
    await lookNow();
    expect(taken).toEqual([second.cert]);
    stop();
  });
});
