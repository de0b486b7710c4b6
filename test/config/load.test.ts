import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { loadConfig } from '../../config/index.ts';
import { BitHiveError } from '../../core/errors.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'bithive-config-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function site(text: string, name = 'site.yaml'): string {
  writeFileSync(join(folder, name), text);
  return name;
}

const load = (argv: readonly string[] = [], env: Record<string, string> = {}) =>
  loadConfig({ argv, env, cwd: folder });

function refusal(run: () => unknown): { code: string; detail: string } {
  try {
    run();
  } catch (error) {
    if (error instanceof BitHiveError) return { code: error.code, detail: error.detail };
    throw error;
  }
  throw new Error('nothing was refused');
}

describe('layers', () => {
  test('the defaults alone are a configuration that listens on loopback only', () => {
    const { config, warnings } = load();
    expect(config.http).toMatchObject({ host: '127.0.0.1', port: 8080 });
    expect(config.hl7v2).toMatchObject({ host: '127.0.0.1', port: 2575 });
    expect(config.dimse).toMatchObject({ host: '127.0.0.1', port: 11112, aeTitle: 'BITHIVE' });
    expect(config.data).toBe(join(folder, 'bithive-data'));
    expect(warnings).toEqual([]);
  });

  test('a later layer wins, key by key, and explain names it', () => {
    const file = site('http:\n  port: 1\n  limits:\n    burst: 7\nhl7v2: { port: 1 }\n');
    const loaded = load(['--config', file, '--http-port', '3'], {
      BITHIVE_HTTP_PORT: '2',
      BITHIVE_HL7V2_PORT: '2',
    });
    expect(loaded.config.http.port).toBe(3);
    expect(loaded.config.hl7v2.port).toBe(2);
    expect(loaded.config.http.limits.burst).toBe(7);
    expect(loaded.config.http.host).toBe('127.0.0.1');
    expect(loaded.explain('http.port')).toMatchObject({ value: 3, origin: '--http-port' });
    expect(loaded.explain('hl7v2.port')).toMatchObject({ value: 2, origin: 'BITHIVE_HL7V2_PORT' });
    expect(loaded.explain('http.limits.burst')).toMatchObject({ value: 7, origin: 'site.yaml:4' });
    expect(loaded.explain('log.level').origin).toMatch(/^config\/default\.yaml:\d+$/);
    expect(loaded.explain('store.url')).toMatchObject({ value: undefined, origin: 'not set' });
  });

  test('null in a later layer takes an earlier value away', () => {
    const file = site('alerts:\n  webhook: null\n');
    expect(load(['--config', file]).config.alerts.webhook).toBeUndefined();
    expect(refusal(() => load(['--config', site('data:\n')]))).toEqual({
      code: 'BH_CONFIG_VALUE',
      detail: 'data is missing',
    });
  });

  test('the site file can be named by a variable; its relative paths are those of its folder', () => {
    mkdirSync(join(folder, 'etc'), { recursive: true });
    const file = site('data: ../var\nchannels: { folder: channels }\n', 'etc/site.yaml');
    const { config } = load([], { BITHIVE_CONFIG: file });
    expect(config.data).toBe(join(folder, 'var'));
    expect(config.channels.folder).toBe(join(folder, 'etc/channels'));
    expect(load(['--data', 'here']).config.data).toBe(join(folder, 'here'));
  });

  test('lists and maps can be given as text', () => {
    const { config } = load(['--http-hosts=a.example,b.example'], {
      BITHIVE_SITE_ASSIGNERS: '{"HIS":"urn:oid:1.2.3"}',
      BITHIVE_HTTP_LIMITS_BODY_BYTES_MAX: '2048',
    });
    expect(config.http.hosts).toEqual(['a.example', 'b.example']);
    expect(config.site.assigners).toEqual({ HIS: 'urn:oid:1.2.3' });
    expect(config.http.limits.bodyBytesMax).toBe(2048);
  });
});

describe('refusals', () => {
  test.each([
    ['http:\n  prot: 1\n', 'BH_CONFIG_KEY', 'bad.yaml:2: http.prot; did you mean http.port?'],
    ['htp:\n  port: 1\n', 'BH_CONFIG_KEY', 'bad.yaml:1: htp; did you mean http?'],
    ['zebra: 1\n', 'BH_CONFIG_KEY', 'bad.yaml:1: zebra'],
    ['http: 5\n', 'BH_CONFIG_SYNTAX', 'bad.yaml:1: http must be a map of settings'],
    ['- 1\n', 'BH_CONFIG_SYNTAX', 'bad.yaml:1: the file must be a map of settings'],
    ['data: a\ndata: b\n', 'BH_CONFIG_SYNTAX', 'bad.yaml:2: Map keys must be unique at line 2, column 1:'],
    [
      '\nhl7v2:\n  port: 99999\n',
      'BH_CONFIG_VALUE',
      'bad.yaml:3: hl7v2.port: Too big: expected number to be <=65535',
    ],
    ['site: { zone: Mars/Base }', 'BH_CONFIG_VALUE', 'bad.yaml:1: site.zone: expected an IANA time zone'],
    ['store: { kind: postgres }', 'BH_CONFIG_VALUE', 'bad.yaml:1: store.kind postgres needs store.url'],
    ['http: { tls: { cert: a } }', 'BH_CONFIG_VALUE', 'http.tls.key is missing'],
    [
      'store: { url: "postgres://u:password@h/d" }',
      'BH_CONFIG_VALUE',
      'bad.yaml:1: store.url: expected a reference: file:/path or env:NAME',
    ],
  ])('%j', (text, code, detail) => {
    expect(refusal(() => load(['--config', site(text, 'bad.yaml')]))).toEqual({ code, detail });
  });

  test('a flag that nothing has', () => {
    expect(refusal(() => load(['--htp-port', '1']))).toEqual({
      code: 'BH_CONFIG_KEY',
      detail: '--htp-port; did you mean http-port?',
    });
    expect(refusal(() => load(['stray']))).toMatchObject({ code: 'BH_CONFIG_KEY' });
    expect(refusal(() => load(['--http-port']))).toMatchObject({ code: 'BH_CONFIG_VALUE' });
  });

  test('a site file that is not there', () => {
    expect(refusal(() => load(['--config', 'absent.yaml']))).toMatchObject({ code: 'BH_CONFIG_SYNTAX' });
  });

  test('an unknown variable is a warning: platforms add their own', () => {
    const { warnings } = load([], { BITHIVE_HTTP_PROT: '1', BITHIVE_SERVICE_HOST: '10.0.0.1' });
    expect(warnings[0]).toBe('BITHIVE_HTTP_PROT is not a setting; did you mean BITHIVE_HTTP_PORT?');
    expect(warnings).toHaveLength(2);
  });

  test('explain of an unknown key suggests', () => {
    expect(refusal(() => load().explain('http.prt'))).toEqual({
      code: 'BH_CONFIG_KEY',
      detail: 'http.prt; did you mean http.port?',
    });
  });
});
