import { expect, test } from '@jest/globals';
import { isHostPattern, isProtectedUrl, loadConfig } from '../../config/index.ts';

test.each([
  'ehr',
  'ehr.example',
  '*.hospital.example',
  '10.0.0.1',
  '10.0.0.0/8',
  '::1',
  'fd00::/8',
  'EHR_1.example',
])('%s names hosts', (text) => expect(isHostPattern(text)).toBe(true));

test.each([
  '',
  '*',
  '*.',
  'https://ehr.example',
  'ehr.example:443',
  '10.0.0.0/33',
  '10.0.0.0/',
  '10.0.0',
  '1',
  'a..b',
  '*.*.a',
  '10.0.0.0/8/8',
  'fd00::/129',
  'e hr',
  '-a',
])('%j does not', (text) => expect(isHostPattern(text)).toBe(false));

test('a list of the settings is refused with its place', () => {
  const load = (argv: readonly string[]) => loadConfig({ argv, env: {}, cwd: '/' });
  expect(load(['--outbound-allow', 'ehr.example,10.0.0.0/8']).config.outbound.allow).toHaveLength(2);
  expect(() => load(['--outbound-allow', 'https://ehr.example'])).toThrow(
    expect.objectContaining({ code: 'BH_CONFIG_VALUE', detail: expect.stringContaining('--outbound-allow') }),
  );
});

test('the keys of an issuer are not read in the clear', () => {
  const load = (jwksUri: string) =>
    loadConfig({
      argv: [
        '--http-auth-oidc-issuer=https://a.example',
        '--http-auth-oidc-audience=b',
        `--http-auth-oidc-jwks-uri=${jwksUri}`,
      ],
      env: {},
      cwd: '/',
    });
  expect(() => load('http://a.example/keys')).toThrow(expect.objectContaining({ code: 'BH_CONFIG_VALUE' }));
  expect(() => load('http://127.0.0.1/keys')).not.toThrow();
  expect(() => load('https://a.example/keys')).not.toThrow();
  expect([isProtectedUrl('http://[::1]/x'), isProtectedUrl('http://localhost.evil.example')]).toEqual([
    true,
    false,
  ]);
});
