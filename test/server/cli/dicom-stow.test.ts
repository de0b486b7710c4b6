import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { objectBytes } from '../../connectors/dicomweb/object-bytes.ts';
import { type Receiver, startReceiver } from '../../connectors/dicomweb/stow-setup.ts';
import { bithive, temporaryFolder } from './harness.ts';

const folder = temporaryFolder();
const path = (name: string): string => join(folder.path, name);
let receiver: Receiver;
beforeAll(() => {
  writeFileSync(path('one.dcm'), objectBytes({ sopInstanceUid: '1.2.1' }));
  writeFileSync(path('two.dcm'), objectBytes({ sopInstanceUid: '1.2.2' }));
  writeFileSync(path('text.dcm'), 'no DICOM');
  writeFileSync(path('token'), 'secret\n', { mode: 0o600 });
});
afterAll(() => folder.remove());
beforeEach(async () => {
  receiver = await startReceiver();
});
afterEach(async () => receiver.close());

const stow = (...argv: string[]) => bithive(['dicom', 'stow', ...argv], { cwd: folder.path });

test('says of each file that it is stored', async () => {
  const { code, out } = await stow('one.dcm', 'two.dcm', '--url', receiver.url, '--token', 'file:token');
  expect(code).toBe(0);
  expect(out.split('\n')).toEqual([`${path('one.dcm')}: stored, 1.2.1`, `${path('two.dcm')}: stored, 1.2.2`]);
  expect(receiver.arrivals).toHaveLength(2);
});

test('what is no DICOM is not sent, what the archive refuses is told with its reason, and the exit code is 1', async () => {
  const { code, out } = await stow('text.dcm', 'one.dcm', '--url', receiver.url, '--study', '9.9', '--json');
  expect(code).toBe(1);
  expect(out.split('\n').map((line) => JSON.parse(line))).toMatchObject([
    { isStored: false, detail: expect.stringContaining('BH_DICOM_SYNTAX') },
    { isStored: false, sopInstanceUid: '1.2.1', detail: expect.stringContaining('A900H') },
  ]);
});

test('no archive there is one coded line', async () => {
  const { code, err } = await stow('one.dcm', '--url', 'http://127.0.0.1:9/dicom-web');
  expect(code).not.toBe(0);
  expect(err).toContain('BH_DELIVERY_UNREACHABLE');
  expect((await stow('one.dcm')).code).toBe(2);
});
