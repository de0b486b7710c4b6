import { afterEach, describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import type { Store } from '../../../core/ports/index.ts';
import type { StepKind } from '../../../pipelines/channel/catalog.ts';
import { until } from '../../until.ts';
import { hl7Arrival, startTestEngine, type TestEngine } from './test-channel.ts';

const channels = [
  'channel: adt\nsource: { hl7v2: {} }\nsteps: [{ mark: {} }]\nto: [{ test: { target: ehr, takes: "*" } }]\n',
  'channel: plain\nsource: { hl7v2: {} }\nto: [{ test: { target: other, takes: "*" } }]\n',
];

/** A step that writes the version of the map that it is of. */
const markOf = (version: number): StepKind<unknown> => ({
  kind: 'mark',
  readsMap: true,
  settings: z.unknown(),
  create: () => ({
    kind: 'mark',
    takes: ['hl7v2'],
    apply({ subject, keys }, output) {
      const text = `${subject.hl7.first('MSH')?.get(10)} by ${version}`;
      output.products.push({ contentType: 'text/plain', bytes: Buffer.from(text), keys, priority: 0 });
    },
  }),
});
const maps = (inForce: number) => ({ inForce, stepsOf: (version: number) => [markOf(version)] });

/** Holds what was accepted back from processing until it is opened. */
class Gate {
  isOpen = false;
  wrap = (store: Store): Store =>
    new Proxy(store, {
      get: (target, name) => {
        if (name === 'nextMessages' && !this.isOpen) return async () => [];
        const member = Reflect.get(target, name) as unknown;
        return typeof member === 'function' ? member.bind(target) : member;
      },
    });
}

let engine: TestEngine | undefined;
afterEach(async () => {
  await engine?.stop();
  await engine?.destroy();
  engine = undefined;
});

const marks = (running: TestEngine) =>
  running.receivers
    .get('ehr')!
    .sent.map(({ text }) => text)
    .filter((text) => text.includes(' by '));
const push = (running: TestEngine, controlId: string) =>
  running.doors.get('adt')!.accept(hl7Arrival(controlId, controlId));

describe('a version of the map that is deployed', () => {
  test('converts what comes after it; what was accepted before is converted by the version that accepted it', async () => {
    const gate = new Gate();
    const running = await startTestEngine(channels, { steps: [markOf(0)], maps: maps(0), wrap: gate.wrap });
    engine = running;
    await push(running, 'a');
    expect(await running.pipelines.deployMap(1)).toEqual([{ channel: 'adt', version: 2 }]);
    await push(running, 'b');
    await running.pipelines.deployMap(2);
    await push(running, 'c');
    gate.isOpen = true;
    await until(async () => (marks(running).length === 3 ? true : undefined));
    expect(marks(running)).toEqual(['a by 0', 'b by 1', 'c by 2']);
  });

  test('binds what waits even over a restart under another version', async () => {
    const gate = new Gate();
    const first = await startTestEngine(channels, { steps: [markOf(0)], maps: maps(1), wrap: gate.wrap });
    await push(first, 'a');
    await first.pipelines.deployMap(2);
    await push(first, 'b');
    await first.stop();
    const running = await startTestEngine(channels, {
      folder: first.folder,
      steps: [markOf(0)],
      maps: maps(3),
    });
    engine = running;
    await push(running, 'c');
    await until(async () => (marks(running).length === 3 ? true : undefined));
    expect(marks(running)).toEqual(['a by 1', 'b by 2', 'c by 3']);
  });

  test('makes no new version of a channel that reads no map, nor of one that has it already', async () => {
    const running = await startTestEngine(channels, { steps: [markOf(0)], maps: maps(0) });
    engine = running;
    await running.pipelines.deployMap(1);
    await running.pipelines.deployMap(1);
    const versions = running.pipelines.channels.map(({ name, inForce }) => [name, inForce.version]);
    expect(Object.fromEntries(versions)).toEqual({ adt: 2, plain: 1 });
  });

  test('that cannot be compiled leaves every channel as it is', async () => {
    const broken = {
      inForce: 0,
      stepsOf: (version: number) => (version === 1 ? [] : [markOf(version)]),
    };
    const running = await startTestEngine(channels, { steps: [markOf(0)], maps: broken });
    engine = running;
    await expect(running.pipelines.deployMap(1)).rejects.toMatchObject({ code: 'BH_CONFIG_KEY' });
    await push(running, 'a');
    await until(async () => (marks(running).length === 1 ? true : undefined));
    expect(marks(running)).toEqual(['a by 0']);
  });
});
