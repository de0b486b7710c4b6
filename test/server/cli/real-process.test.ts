import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Authority, hasOpenssl } from '../../connectors/hl7v2/certificates.ts';
import { until } from '../../until.ts';
import { command, compiledMain, type EngineProcess, serveProcess } from './engine-process.ts';
import { temporaryFolder } from './harness.ts';

// These run the compiled command line; without `npm run build` they are skipped by name.
const whole = existsSync(compiledMain) ? describe : describe.skip;

const folder = temporaryFolder();
afterAll(() => folder.remove());

const channel = (name: string, source: string, to: string) =>
  `channel: ${name}\nsource: { ${source} }\nto:\n  - ${to}\n`;

/** A port of this machine at which nobody is. */
async function deadPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as { port: number };
  await new Promise((done) => server.close(done));
  return port;
}

whole('bithive serve and the commands beside it, as processes', () => {
  let engine: EngineProcess;
  const data = join(folder.path, 'data');
  const channels = join(folder.path, 'channels');
  const at = (name: string) => engine.ready.listening.find((door) => door.channel === name)!;
  const api = (path: string, token?: string) =>
    fetch(`http://127.0.0.1:${engine.ready.listening[0]!.port}${path}`, {
      headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
    });

  beforeAll(async () => {
    mkdirSync(channels);
    const ris = `hl7v2: { name: ris, host: 127.0.0.1, port: ${await deadPort()}, retry: { firstMs: 1, maxMs: 5 } }`;
    writeFileSync(join(channels, 'a.yaml'), channel('admissions', 'hl7v2: { port: 0 }', ris));
    writeFileSync(join(channels, 'b.yaml'), channel('results', 'hl7v2: { port: 0 }', '"null": {}'));
    writeFileSync(join(channels, 'c.yaml'), channel('studies', 'dicomweb: {}', '"null": {}'));
    engine = await serveProcess(data, ['--channels-folder', channels, '--alerts-check-seconds', '1']);
    const file = join(folder.path, 'adt.hl7');
    writeFileSync(file, 'MSH|^~\\&|HIS|N|B|H|20260101||ADT^A04|C1|P|2.5.1\rPID|1||P-77^^^H^MR||DOE^JANE\r');
    const sent = await command(['hl7', 'send', file, '--port', String(at('admissions').port)]);
    expect(sent).toMatchObject({ code: 0, out: expect.stringContaining('C1: AA') });
  });
  afterAll(async () => {
    expect(await engine?.stop()).toBe(0);
  });

  test('the ready line says which channel is behind which door', () => {
    const doors = engine.ready.listening.map(({ channel: name, protocol, path }) => ({
      name,
      protocol,
      path,
    }));
    expect(doors).toEqual([
      { protocol: 'http' },
      { name: 'studies', protocol: 'dicomweb', path: '/dicomweb' },
      { name: 'admissions', protocol: 'mllp' },
      { name: 'results', protocol: 'mllp' },
    ]);
    expect(at('admissions').port).not.toBe(at('results').port);
  });

  test('without a token there is no answer but 401', async () => {
    for (const path of ['/api/messages?mrn=P-77', '/api/status', '/api/audit', '/metrics']) {
      expect([path, (await api(path)).status]).toEqual([path, 401]);
      expect([path, (await api(path, 'a-guess')).status]).toEqual([path, 401]);
    }
    expect((await api('/healthz')).status).toBe(200);
  });

  test('who read about a patient is in the trail, and the command line shows it', async () => {
    const answer = (await (await api('/api/messages?mrn=P-77', engine.token)).json()) as {
      messages: { id: number }[];
    };
    expect(answer.messages).toHaveLength(1);
    const shown = await command(['audit', 'show', '--data', data, '--json']);
    expect(shown).toMatchObject({ code: 0, err: '' });
    const { events } = JSON.parse(shown.out) as { events: object[] };
    expect(events).toContainEqual(
      expect.objectContaining({
        operation: 'message.search',
        agent: 'api-token',
        outcome: 'success',
        entities: expect.objectContaining({ mrn: 'P-77', found: [answer.messages[0]!.id] }),
      }),
    );
    const page = await command(['audit', 'show', '--data', data]);
    expect(page.out).toMatch(/message\.search +success +\{.*"mrn":"P-77"/);
    expect((await command(['audit', 'verify', '--data', data])).code).toBe(0);
  });

  test('status: doors, what waits, the breaker, the alert, store and disk', async () => {
    type Status = { alerts: { id: string }[]; channels: { destinations: { breaker: string }[] }[] };
    let seen: { code: number; out: string } = { code: -1, out: '{}' };
    await until(async () => {
      seen = await command(['status', '--data', data, '--json']);
      return (JSON.parse(seen.out) as Status).alerts.length > 0;
    });
    expect(JSON.parse(seen.out)).toMatchObject({
      listening: engine.ready.listening,
      channels: [
        {
          name: 'admissions',
          version: 1,
          doors: [at('admissions')],
          received: 0,
          destinations: [
            { name: 'ris', breaker: 'open', open: 1, dead: 0, oldestCreatedAt: expect.any(String) },
          ],
        },
        {
          name: 'results',
          doors: [at('results')],
          destinations: [{ name: 'null', breaker: 'closed', open: 0 }],
        },
        { name: 'studies', doors: [{ path: '/dicomweb' }] },
      ],
      alerts: [{ id: 'disconnected|admissions|ris' }],
      store: { accepting: true },
      disk: { freeBytes: expect.any(Number), freeBytesMin: 0 },
    });
    expect(seen.code).toBe(3);
    const { out } = await command(['status', '--data', data]);
    expect(out).toMatch(new RegExp(`admissions +1 +mllp 127\\.0\\.0\\.1:${at('admissions').port} +0`));
    expect(out).toMatch(/admissions +ris +mllp:\/\/127\.0\.0\.1:\d+ +open +1 +0 +0 +\d+ s/);
    expect(out).toContain('ALERT  disconnected|admissions|ris');
    const doctor = await command(['doctor', '--data', data, '--channels-folder', channels]);
    expect(doctor.out).toContain(`admissions: mllp 127.0.0.1:${at('admissions').port}`);
  });

  test('status without an engine says so', async () => {
    const { code, err } = await command(['status', '--data', join(folder.path, 'nowhere')]);
    expect([code, err]).toEqual([4, expect.stringContaining('BH_CLI_ENGINE: no engine runs on')]);
  });
});

whole('a listener that others can reach starts only behind TLS and credentials', () => {
  const own = join(folder.path, 'open-channel');
  beforeAll(() => {
    mkdirSync(own);
    writeFileSync(join(own, 'a.yaml'), channel('open', 'hl7v2: { host: 0.0.0.0, port: 0 }', '"null": {}'));
  });

  test.each([
    ['http', ['--http-host', '0.0.0.0'], 'http would listen on 0.0.0.0 without TLS'],
    [
      'hl7v2',
      ['--hl7v2-host', '0.0.0.0'],
      'hl7v2 would listen on 0.0.0.0 without TLS and client credentials',
    ],
    ['a channel', ['--channels-folder', own], 'channel open would listen on 0.0.0.0 without TLS'],
  ])('%s', async (_name, argv, said) => {
    const data = join(folder.path, 'exposed');
    const { code, out, err } = await command([
      'serve',
      '--data',
      data,
      '--http-port',
      '0',
      '--hl7v2-port',
      '0',
      '--dimse-port',
      '0',
      ...argv,
    ]);
    expect([code, out]).toEqual([1, '']);
    expect(err).toContain('BH_CONFIG_EXPOSED: ');
    expect(err).toContain(said);
    expect(existsSync(join(data, 'bithive.db'))).toBe(false);
  });

  (hasOpenssl() ? test : test.skip)('TLS without client certificates is not enough for HL7 v2', async () => {
    const authority = new Authority();
    const { key, cert } = authority.issue('engine');
    const file = (name: string, text: string) => {
      writeFileSync(join(folder.path, name), text, { mode: 0o600 });
      return join(folder.path, name);
    };
    const tls = [`--hl7v2-tls-key=file:${file('h.key', key)}`, `--hl7v2-tls-cert=${file('h.pem', cert)}`];
    authority.remove();
    const { code, err } = await command([
      'serve',
      '--data',
      join(folder.path, 'x'),
      '--hl7v2-host',
      '0.0.0.0',
      ...tls,
    ]);
    expect([code, err]).toEqual([1, expect.stringContaining('without client credentials')]);
  });
});

(hasOpenssl() ? whole : describe.skip)(
  'the command line reaches an engine behind TLS of a private authority',
  () => {
    const authority = hasOpenssl() ? new Authority() : undefined;
    const tlsFolder = join(folder.path, 'tls');
    const file = (name: string, text: string) => {
      writeFileSync(join(tlsFolder, name), text, { mode: 0o600 });
      return join(tlsFolder, name);
    };
    let flags: string[];
    beforeAll(() => {
      mkdirSync(tlsFolder);
      const { key, cert } = authority!.issue('engine');
      flags = [
        ...['--http-host', '0.0.0.0', `--http-tls-key=file:${file('engine.key', key)}`],
        `--http-tls-cert=${file('engine.pem', cert)}`,
      ];
    });
    afterAll(() => authority?.remove());

    const reaches = async (name: string, argv: readonly string[]) => {
      const data = join(tlsFolder, name);
      const engine = await serveProcess(data, [...flags, ...argv, '--ehr-fhir-url', 'http://127.0.0.1:9/']);
      try {
        return await command(['status', '--data', data]);
      } finally {
        await engine.stop();
      }
    };

    test('as it stands', async () => {
      expect(await reaches('plain', [])).toMatchObject({ code: 0, err: '' });
    });

    test('that asks for client certificates: it shows the own one of the engine', async () => {
      const ca = `--http-tls-ca=${file('ca.pem', authority!.cert)}`;
      expect(await reaches('mutual', [ca])).toMatchObject({ code: 0, err: '' });
    });

    test('whose clients have another authority: it shows the one that the settings name', async () => {
      const clients = new Authority();
      const { key, cert } = clients.issue('operator');
      const ca = `--http-tls-ca=${file('clients.pem', clients.cert)}`;
      clients.remove();
      const own = [
        `--http-tls-command-line-key=file:${file('operator.key', key)}`,
        `--http-tls-command-line-cert=${file('operator.pem', cert)}`,
      ];
      expect(await reaches('named', [ca, ...own])).toMatchObject({ code: 0, err: '' });
      expect(await reaches('refused', [ca])).toMatchObject({
        code: 4,
        err: expect.stringContaining('http.tls.commandLineCert'),
      });
    });
  },
);
