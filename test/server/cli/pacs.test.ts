import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { loadConfig } from '../../../config/index.ts';
import { dicomResultContentType } from '../../../core/dicom-object.ts';
import { studyQueryContentType } from '../../../core/study-query.ts';
import { createSystemKeys } from '../../../platform/security/system-keys.ts';
import { checkChannels } from '../../../server/compose/check-channels.ts';
import { bithive, temporaryFolder } from './harness.ts';

const folder = temporaryFolder();
afterAll(() => folder.remove());
const ehr = ['--ehr-fhir-url', 'https://ehr.example/fhir', '--hl7v2-port', '0', '--dimse-port', '0'];
const web = ['--pacs-url', 'https://pacs.example/dicom-web'];
const node = ['--pacs-ae-title', 'PACS', '--pacs-host', 'pacs.example', '--pacs-port', '104'];

/** What the bundled imaging channel is with these settings. */
async function imaging(...argv: readonly string[]) {
  const { config } = loadConfig({ argv: [...ehr, ...argv], env: {}, cwd: folder.path });
  const keys = createSystemKeys({ env: {}, cwd: folder.path });
  const { channels } = await checkChannels({ config, environment: {}, keys });
  const channel = channels.find(({ name }) => name === 'imaging-ai');
  if (channel === undefined) throw new TypeError('there is an imaging channel');
  const { definition, destinations, steps } = channel;
  const pacs = destinations.find(({ name }) => name === 'pacs');
  const takes = [dicomResultContentType, studyQueryContentType].map((type) =>
    pacs?.kind.takes(type, pacs.settings),
  );
  const made = definition.steps.filter(({ kind }) => kind === 'report').at(-1)?.settings;
  return {
    destinations: destinations.map(({ name }) => name),
    takes,
    made,
    asks: steps.flatMap((step) => step.asks ?? []),
  };
}

describe('the bundled imaging channel', () => {
  test('without a PACS makes nothing for one, and asks none', async () => {
    expect(await imaging()).toMatchObject({ destinations: ['grid', 'ehr'], made: { make: [] }, asks: [] });
  });

  test.each([
    ['DICOMweb', web],
    ['DIMSE', node],
  ])('with one over %s sends it results and asks it for earlier studies', async (_, argv) => {
    expect(await imaging(...argv)).toEqual({
      destinations: ['grid', 'ehr', 'pacs'],
      takes: [true, true],
      made: { map: 'finding-to-dicom', make: ['sr', 'sc'] },
      asks: [{ destination: 'pacs', contentType: studyQueryContentType }],
    });
  });

  test('as the site says: other forms, no earlier studies', async () => {
    expect(await imaging(...node, '--pacs-results', 'sr', '--pacs-priors-from', 'none')).toMatchObject({
      takes: [true, false],
      made: { make: ['sr'] },
      asks: [],
    });
  });
});

describe('config check', () => {
  test('says what goes to the PACS', async () => {
    const { out } = await bithive([
      'config',
      'check',
      ...ehr,
      ...web,
      ...node,
      '--pacs-priors-from',
      'dimse',
    ]);
    expect(out).toContain(
      '; PACS: sr, sc to https://pacs.example/dicom-web (STOW-RS); earlier studies from PACS at pacs.example:104 (C-FIND, C-GET)',
    );
  });

  test('refuses a PACS outside outbound.allow, whichever way it is reached', async () => {
    for (const pacs of [
      web,
      node,
      [...web.slice(0, 1), 'https://ehr.example', ...node, '--pacs-priors-from', 'dimse'],
    ]) {
      const { code, err } = await bithive([
        'config',
        'check',
        ...ehr,
        ...pacs,
        '--outbound-allow',
        'ehr.example',
      ]);
      expect(code).not.toBe(0);
      expect(err).toContain('pacs.example is not in outbound.allow');
    }
  });

  test('warns, as doctor does, of a PACS that no channel sends to', async () => {
    const channels = join(folder.path, 'channels');
    mkdirSync(channels);
    writeFileSync(join(channels, 'a.yaml'), 'channel: studies\nsource: { dicomweb: {} }\n');
    const argv = ['--channels-folder', channels, '--data', join(folder.path, 'data'), ...web];
    expect((await bithive(['config', 'check', ...argv])).err).toContain('no channel sends to it');
    expect((await bithive(['doctor', ...argv])).out).toContain('look   PACS: pacs is set, and no channel');
  });
});

test('doctor searches a DICOMweb PACS for nothing, and tells what it answers', async () => {
  const asked: (string | undefined)[] = [];
  let status = 200;
  const pacs = createServer((request, answer) => {
    asked.push(`${request.headers.authorization} ${request.url}`);
    answer.writeHead(status, { 'content-type': 'application/dicom+json' }).end('[]');
  });
  await new Promise<void>((done) => pacs.listen(0, '127.0.0.1', done));
  const url = `http://127.0.0.1:${(pacs.address() as AddressInfo).port}/dicom-web`;
  const argv = [
    'doctor',
    ...ehr,
    '--data',
    join(folder.path, 'data'),
    '--pacs-url',
    url,
    '--pacs-token',
    'env:TOKEN',
  ];
  const doctor = () => bithive(argv, { env: { TOKEN: 'secret' } });
  expect((await doctor()).out).toContain(
    `ok     PACS: sr, sc to ${url} (STOW-RS); earlier studies from there`,
  );
  expect(asked).toEqual([
    expect.stringMatching(/^Bearer secret \/dicom-web\/studies\?StudyInstanceUID=2\.25\.0&/),
  ]);
  status = 401;
  const refused = (await doctor()).out;
  expect(refused).toContain(`look   PACS: ${url} does not answer as it should: BH_DELIVERY_`);
  expect(refused).not.toContain('secret');
  pacs.close();
});
