import { describe, expect, test } from '@jest/globals';
import { isLoopback, loadConfig, refuseExposed } from '../../config/index.ts';

const exposed = expect.objectContaining({ code: 'BH_CONFIG_EXPOSED' });
const load = (...argv: string[]) => loadConfig({ argv, env: {}, cwd: '/' });

test.each(['127.0.0.1', '127.8.9.1', 'localhost', '::1', '[::1]', '::ffff:127.0.0.1'])(
  '%s is loopback',
  (host) => {
    expect(isLoopback(host)).toBe(true);
  },
);
test.each([
  '0.0.0.0',
  '::',
  '10.0.0.5',
  'engine.example',
  '127.0.0.1.example',
  '128.0.0.1',
  '',
  'localhost.example',
])('%j is not loopback', (host) => {
  expect(isLoopback(host)).toBe(false);
});

describe('a listener that others can reach', () => {
  const reachable = { name: 'x', host: '0.0.0.0' };
  test.each([
    [false, false],
    [true, false],
    [false, true],
  ])('TLS %s, credentials %s: refused', (hasTls, hasCredentials) => {
    expect(() => refuseExposed({ ...reachable, hasTls, hasCredentials })).toThrow(exposed);
  });
  test('with both it may listen', () => {
    expect(() => refuseExposed({ ...reachable, hasTls: true, hasCredentials: true })).not.toThrow();
  });

  test('the configuration is refused', () => {
    expect(() => load('--http-host', '0.0.0.0')).toThrow(exposed);
    expect(() => load('--hl7v2-host', '0.0.0.0')).toThrow(exposed);
    const tls = ['--hl7v2-tls-key', 'file:/k', '--hl7v2-tls-cert', '/c'];
    expect(() => load('--hl7v2-host', '0.0.0.0', ...tls)).toThrow(exposed);
    expect(() => load('--hl7v2-host', '0.0.0.0', ...tls, '--hl7v2-tls-ca', '/ca')).not.toThrow();
    const dimse = ['--dimse-host', '0.0.0.0', '--dimse-tls-key', 'file:/k', '--dimse-tls-cert', '/c'];
    expect(() => load('--dimse-host', '0.0.0.0')).toThrow(exposed);
    expect(() => load(...dimse, '--dimse-tls-ca', '/ca')).toThrow(exposed);
    expect(() => load(...dimse, '--dimse-peers', '{"CT1":{}}')).toThrow(exposed);
    expect(() => load(...dimse, '--dimse-tls-ca', '/ca', '--dimse-peers', '{"CT1":{}}')).not.toThrow();
    expect(() => load('--http-host', '::', '--http-tls-key', 'env:K', '--http-tls-cert', '/c')).not.toThrow();
  });
});
