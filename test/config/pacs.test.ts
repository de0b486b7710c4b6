import { describe, expect, test } from '@jest/globals';
import { loadConfig, pacsNodeOf, pacsResults, pacsWaysOf } from '../../config/index.ts';
import { resultKinds } from '../../mappings/imaging/dicom/result-scene.ts';

const load = (...argv: string[]) => loadConfig({ argv, env: {}, cwd: '/' }).config;
const web = ['--pacs-url', 'https://pacs.example/dicom-web'];
const node = ['--pacs-ae-title', 'PACS', '--pacs-host', 'pacs.example', '--pacs-port', '104'];
const peers = ['--dimse-peers', '{"PACS":{"host":"10.0.0.4","port":11112}}'];

describe('where results go and earlier studies come from', () => {
  test.each([
    ['nothing', [], null],
    ['DICOMweb', web, { results: 'dicomweb', priors: 'dicomweb' }],
    ['a node', node, { results: 'dimse', priors: 'dimse' }],
    ['both', [...web, ...node], { results: 'dicomweb', priors: 'dicomweb' }],
    [
      'both, priors named',
      [...web, ...node, '--pacs-priors-from', 'dimse'],
      { results: 'dicomweb', priors: 'dimse' },
    ],
    ['no priors', [...node, '--pacs-priors-from', 'none'], { results: 'dimse', priors: null }],
  ])('%s', (_name, argv, ways) => {
    expect(pacsWaysOf(load(...argv))).toEqual(ways);
  });

  test('the address of a node is its own, else that of dimse.peers', () => {
    expect(pacsNodeOf(load(...node, ...peers))).toEqual({ host: 'pacs.example', port: 104 });
    expect(pacsNodeOf(load('--pacs-ae-title', 'PACS', ...peers))).toEqual({ host: '10.0.0.4', port: 11112 });
  });
});

test('what does not fit together is told with its origin and key', () => {
  const faults: readonly (readonly [string[], string])[] = [
    [['--pacs-host', 'pacs.example'], '--pacs-host: pacs.host needs pacs.aeTitle'],
    [['--pacs-port', '104'], '--pacs-port: pacs.port needs pacs.aeTitle'],
    [['--pacs-ae-title', 'PACS'], '--pacs-ae-title: pacs.aeTitle needs pacs.host and pacs.port'],
    [[...node, '--pacs-priors-from', 'dicomweb'], '--pacs-priors-from: pacs.priorsFrom needs pacs.url'],
    [[...web, '--pacs-priors-from', 'dimse'], '--pacs-priors-from: pacs.priorsFrom needs pacs.aeTitle'],
    [[...web, '--pacs-user', 'a'], '--pacs-user: pacs.user needs pacs.password'],
    [[...web, '--pacs-password', 'env:P'], '--pacs-password: pacs.password needs pacs.user'],
    [[...node, '--pacs-token', 'env:T'], '--pacs-token: pacs.token needs pacs.url'],
    [
      [...web, '--pacs-user', 'a', '--pacs-password', 'env:P', '--pacs-token', 'env:T'],
      '--pacs-token: pacs.token stands beside pacs.user',
    ],
    [['--pacs-tls-ca', '/ca.pem'], '--pacs-tls-ca: pacs.tls needs pacs.url or pacs.aeTitle'],
    [
      ['--pacs-url', 'http://pacs.example/dicom-web', '--pacs-tls-ca', '/ca.pem'],
      '--pacs-tls-ca: pacs.tls needs https: in pacs.url',
    ],
    [[...web, '--pacs-tls-key', 'env:K'], '--pacs-tls-key: pacs.tls.key needs pacs.tls.cert'],
    [[...web, '--pacs-tls-cert', '/c.pem'], '--pacs-tls-cert: pacs.tls.cert needs pacs.tls.key'],
  ];
  for (const [argv, detail] of faults)
    expect(() => load(...argv)).toThrow(expect.objectContaining({ detail: expect.stringContaining(detail) }));
});

test('every form that can be made can be asked for', () => {
  expect(pacsResults).toEqual(resultKinds);
});
