import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { FrameThread } from '../../../../connectors/dicomweb/surface/index.ts';
import { limits } from '../../../../core/limits.ts';
import { systemClock } from '../../../../platform/clock.ts';
import { demoFiles } from '../../../imaging/samples.ts';

const folder = mkdtempSync(join(tmpdir(), 'bithive-frames-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const [path = ''] = demoFiles();
const request = (form: 'native' | 'encoded' = 'native') => ({
  path,
  bytesCount: statSync(path).size,
  frame: 0,
  form,
});

test('a frame, a file that is gone, and one that is no object', async () => {
  const thread = new FrameThread(systemClock);
  expect((await thread.read(request())).length).toBeGreaterThan(100_000);
  await expect(thread.read({ ...request(), path: join(folder, 'gone') })).rejects.toMatchObject({
    code: 'BH_STORE_NOT_FOUND',
  });
  writeFileSync(join(folder, 'text'), 'x'.repeat(500));
  await expect(
    thread.read({ ...request(), path: join(folder, 'text'), bytesCount: 500 }),
  ).rejects.toMatchObject({
    code: 'BH_DICOM_SYNTAX',
  });
  await expect(thread.read({ ...request(), frame: 7 })).rejects.toMatchObject({ code: 'BH_HTTP_NOT_FOUND' });
  await thread.close();
});

test('a thread that takes too long is replaced, and only its request is lost', async () => {
  const timers: (() => void)[] = [];
  const clock = {
    ...systemClock,
    nowMs: () => 0,
    monotonicMs: () => 0,
    after: (_ms: number, call: () => void) => {
      timers.push(call);
      return () => {};
    },
  };
  const thread = new FrameThread(clock);
  const lost = thread.read(request());
  const next = thread.read(request());
  timers[0]?.();
  await expect(lost).rejects.toMatchObject({ code: 'BH_INTERNAL' });
  expect((await next).length).toBeGreaterThan(100_000);
  await thread.close();
});

test('more than may wait are told so; what waits when it closes is told that', async () => {
  const thread = new FrameThread(systemClock);
  const asked = Array.from({ length: limits.dicomwebFramesWaitingMax + 2 }, () => thread.read(request()));
  const ended = Promise.allSettled(asked);
  await thread.close();
  const codes = (await ended).map((one) =>
    one.status === 'rejected' ? (one.reason as { code: string }).code : '',
  );
  expect(codes.filter((code) => code === 'BH_STORE_BUSY')).toHaveLength(1);
  expect(codes.filter((code) => code === 'BH_STOPPING')).toHaveLength(limits.dicomwebFramesWaitingMax + 1);
});
