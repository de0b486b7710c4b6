import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { loadConfig } from '../../../config/index.ts';
import { startEngine } from '../../../server/compose.ts';
import { bithive, temporaryFolder } from './harness.ts';

const folder = temporaryFolder();
afterAll(() => folder.remove());
let count = 0;

/** A channel folder of its own, and the flags that name it. */
function channels(files: Readonly<Record<string, string>>): {
  readonly path: string;
  readonly argv: string[];
} {
  count += 1;
  const path = join(folder.path, `channels-${count}`);
  mkdirSync(path);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(path, name), text);
  const data = join(folder.path, `data-${count}`);
  return { path, argv: ['--channels-folder', path, '--data', data, '--disk-free-bytes-min', '0'] };
}

const orders = (lines: string) => `channel: orders\nsource: { hl7v2: {} }\n${lines}\n`;

const faults: readonly (readonly [string, string, string, number])[] = [
  ['a condition that cannot be read', orders('filter: "MSH-9.1 === ADT"'), 'BH_CONFIG_EXPRESSION', 3],
  ['a path that is none', orders('key: "PID/3"'), 'BH_HL7_PATH', 3],
  ['a kind of step that nobody knows', orders('steps:\n  - mop: hl7v2-to-fhir'), 'BH_CONFIG_KEY', 4],
  ['a map that nobody has', orders('steps:\n  - map: hl7v2-to-fihr'), 'BH_CONFIG_VALUE', 4],
  ['a destination without what it needs', orders('to:\n  - hl7v2: { host: ris }'), 'BH_CONFIG_VALUE', 4],
  ['a setting that its kind does not have', orders('to:\n  - "null": { taks: x }'), 'BH_CONFIG_KEY', 4],
  ['a model that is not installed', orders('to:\n  - grid: { model: no-such }'), 'BH_MODEL_UNKNOWN', 4],
  [
    'an authority that is no file',
    orders('to:\n  - fhir: { url: "https://ehr.example", tls: { ca: /no/such.pem } }'),
    'BH_CONFIG_VALUE',
    4,
  ],
  [
    'a destination of ack that is not there',
    orders('ack: from ris\nto:\n  - "null": {}'),
    'BH_CONFIG_VALUE',
    3,
  ],
  [
    'a door that others reach unprotected',
    'channel: orders\nsource:\n  hl7v2: { host: 0.0.0.0 }\n',
    'BH_CONFIG_EXPOSED',
    3,
  ],
  [
    'a token sent in the clear',
    orders(
      'to:\n  - fhir:\n      url: https://ehr.example\n      auth: { kind: client-credentials, tokenUrl: "http://idp.example/token", clientId: a, clientSecret: "env:S" }',
    ),
    'BH_CONFIG_VALUE',
    6,
  ],
];

describe('what serve would refuse, config check and doctor refuse, with file and line', () => {
  test.each(faults)('%s', async (_name, text, code, line) => {
    const { path, argv } = channels({ 'orders.yaml': text });
    const place = `${code}: ${join(path, 'orders.yaml')}:${line}: `;
    const checked = await bithive(['config', 'check', ...argv]);
    expect(checked.err).toContain(place);
    expect(checked.code).not.toBe(0);
    const { out } = await bithive(['doctor', ...argv]);
    expect(out).toContain(`FAULT  channels: ${place}`);
    const { config } = loadConfig({ argv, env: {}, cwd: folder.path });
    await expect(startEngine({ config, environment: {} })).rejects.toMatchObject({ code });
    // Found before anything was opened.
    expect(existsSync(join(folder.path, `data-${count}`, 'bithive.db'))).toBe(false);
  });

  test('two files with one name, or with one door', async () => {
    const twins = channels({ 'a.yaml': orders(''), 'b.yaml': orders('') });
    const { err } = await bithive(['config', 'check', ...twins.argv]);
    expect(err).toContain(`${join(twins.path, 'b.yaml')}:2: two channel files define orders`);
    const other = 'channel: results\nsource: { hl7v2: { port: 2575 } }\n';
    const neighbours = channels({ 'a.yaml': orders(''), 'b.yaml': other });
    const taken = await bithive(['config', 'check', ...neighbours.argv]);
    expect(taken.err).toContain(
      `${join(neighbours.path, 'b.yaml')}:2: the door 127.0.0.1:2575 of results is taken`,
    );
    expect(
      (await bithive(['config', 'check', ...neighbours.argv, '--hl7v2-port', '0', '--dimse-port', '0'])).code,
    ).toBe(0);
  });

  const returns = (step: string, source = 'dimse: {}', before = ''): string =>
    `channel: results\nsource: { ${source} }\nsteps:\n${before}  - reidentify: ${step}\n`;
  const stow = 'stow: { name: node, url: "https://node.example", send: originals';
  const research = (destination: string): string =>
    `channel: research\nsource: { dicomweb: {} }\nto:\n  - ${destination} }\n`;
  const sent = research(`${stow}, deidentify: {}`);
  test.each([
    ['a channel that is not there', returns('elsewhere/node'), sent, 4, 'is no destination'],
    ['a destination that is not there', returns('research/other'), sent, 4, 'is no destination'],
    ['a destination that sends who it is of', returns('research/node'), research(stow), 4, 'as they are'],
    ['no name of a destination', returns('research'), sent, 4, 'CHANNEL/DESTINATION'],
    ['messages that it does not take', returns('research/node', 'hl7v2: {}'), sent, 4, 'takes dicom'],
    [
      'a place behind another step',
      returns('research/node', 'dimse: {}', '  - assemble: {}\n'),
      sent,
      5,
      'the first step',
    ],
  ])('reidentify with %s', async (_name, results, research, line, why) => {
    const { path, argv } = channels({ 'research.yaml': research, 'results.yaml': results });
    const { code, err } = await bithive(['config', 'check', ...argv]);
    expect(code).not.toBe(0);
    expect(err).toContain(`BH_CONFIG_VALUE: ${join(path, 'results.yaml')}:${line}: `);
    expect(err).toContain(why);
  });

  test('reidentify of what leaves de-identified is right', async () => {
    const { argv } = channels({ 'research.yaml': sent, 'results.yaml': returns('research/node') });
    expect(await bithive(['config', 'check', ...argv])).toMatchObject({ code: 0, err: '' });
  });

  test('the first fault of each file is told', async () => {
    const { argv } = channels({ 'a.yaml': orders('key: "PID/3"'), 'b.yaml': 'channel: B\n' });
    const { err } = await bithive(['config', 'check', ...argv]);
    expect(err).toMatch(/a\.yaml:3: .*\n.*b\.yaml:1: /);
  });

  test('a model folder that is none', async () => {
    const { argv } = channels({ 'a.yaml': orders('') });
    const { err } = await bithive(['config', 'check', ...argv, '--inference-models', '/no/such']);
    expect(err).toContain('BH_MODEL_INVALID');
  });
});

test('a set of channels that is right passes and nothing is left behind', async () => {
  const { argv } = channels({
    'a.yaml': orders('steps:\n  - map: hl7v2-to-fhir\nto:\n  - fhir: { url: "http://ehr.example" }'),
  });
  expect(await bithive(['config', 'check', ...argv])).toMatchObject({
    code: 0,
    out: 'valid; channels: orders',
  });
  expect(readdirSync(folder.path)).not.toContain(`data-${count}`);
});

test('doctor names each door and who holds it', async () => {
  const holder: Server = createServer();
  await new Promise<void>((done) => holder.listen(0, '127.0.0.1', done));
  const { port } = holder.address() as { port: number };
  const { argv } = channels({
    'a.yaml': `channel: orders\nsource: { hl7v2: { port: ${port} } }\n`,
    'b.yaml': 'channel: studies\nsource: { dicomweb: {} }\n',
  });
  const { out, code } = await bithive(['doctor', ...argv, '--http-port', '0']);
  holder.close();
  expect(code).toBe(3);
  expect(out).toContain(`ok     channels: orders at 127.0.0.1:${port}, studies at /dicomweb`);
  expect(out).toContain(`FAULT  ports: 127.0.0.1:${port} (orders) cannot be opened`);
});

test('a destination, a token endpoint and a webhook outside outbound.allow are refused', async () => {
  const auth =
    'auth: { kind: client-credentials, tokenUrl: "https://idp.example/t", clientId: a, clientSecret: "env:S" }';
  const { path, argv } = channels({
    'a.yaml': orders(
      `to:\n  - hl7v2: { host: ris.example, port: 1 }\n  - fhir: { url: "https://ehr.example", ${auth} }`,
    ),
  });
  const check = (allow: string) => bithive(['config', 'check', ...argv, '--outbound-allow', allow]);
  const refused = await check('ehr.example');
  expect(refused.err).toContain(`${join(path, 'a.yaml')}:4: ris.example is not in outbound.allow`);
  expect(refused.err).toContain(`${join(path, 'a.yaml')}:5: idp.example is not in outbound.allow`);
  expect((await check('*.example')).code).toBe(0);
  const webhook = await bithive([
    'config',
    'check',
    ...argv,
    '--outbound-allow',
    '*.example',
    '--alerts-webhook',
    'https://evil.test/',
  ]);
  expect(webhook.err).toContain('BH_CONFIG_OUTBOUND: alerts.webhook: evil.test');
});
