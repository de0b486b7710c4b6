import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { StudyInstance } from '../../../core/study.ts';
import { onTimer as onFired, onForget, onInstance as onTaken } from '../../../pipelines/study/assembly.ts';
import {
  type AssemblySettings,
  forcedTimer,
  forgetTimer,
  quietTimer,
  type StudyState,
} from '../../../pipelines/study/study-state.ts';

const nobody = { orderStatus: () => undefined, isExpectedHere: () => undefined };
const onInstance = (
  state: StudyState | undefined,
  one: StudyInstance,
  isNew: boolean,
  to: AssemblySettings,
) => onTaken(state, one, { isNew, wasAwaited: false }, to, nobody);
const onTimer = (state: StudyState | undefined, name: string, firedAtMs: number, to: AssemblySettings) =>
  onFired(state, name, firedAtMs, to, nobody);

const settings = { quietMs: 5_000, forcedMs: 60_000, forgetMs: 86_400_000 };

const instance = (sop: string, receivedAtMs: number): StudyInstance => ({
  sopInstanceUid: sop,
  sopClassUid: '1.2.840.10008.5.1.4.1.1.1.1.1',
  transferSyntaxUid: '1.2.840.10008.1.2.1',
  studyInstanceUid: '1.2.3',
  seriesInstanceUid: '1.2.3.1',
  modality: 'DX',
  accessionNumber: 'A1',
  patientId: 'P1',
  blob: 'a'.repeat(64) as StudyInstance['blob'],
  bytesCount: 1,
  receivedAtMs,
});

describe('study assembly', () => {
  test('the first instance opens the study and sets both timers', () => {
    const { state, timers } = onInstance(undefined, instance('1', 1_000), true, settings);
    expect(state).toMatchObject({
      status: 'open',
      version: 0,
      instances: 1,
      accessionNumber: 'A1',
      patientId: 'P1',
    });
    expect(timers).toEqual([
      { name: quietTimer, dueAtMs: 6_000 },
      { name: forcedTimer, dueAtMs: 61_000 },
    ]);
  });

  test('a further instance moves the quiet time and leaves the forced time', () => {
    const opened = onInstance(undefined, instance('1', 1_000), true, settings);
    const { state, timers } = onInstance(opened.state, instance('2', 3_000), true, settings);
    expect(state.instances).toBe(2);
    expect(timers).toEqual([{ name: quietTimer, dueAtMs: 8_000 }]);
  });

  test('a quiet timer that an instance has overtaken does nothing', () => {
    const opened = onInstance(undefined, instance('1', 1_000), true, settings);
    const { state } = onInstance(opened.state, instance('2', 5_999), true, settings);
    expect(onTimer(state, quietTimer, 6_000, settings)?.state).toEqual(state);
    expect(onTimer(state, quietTimer, 10_999, settings)?.state).toMatchObject({
      status: 'complete',
      version: 1,
    });
  });

  test('a timer of a version that waited less sets the timers anew: the study is not left open for ever', () => {
    const opened = onInstance(undefined, instance('1', 1_000), true, settings);
    const patient = { ...settings, quietMs: 20_000, forcedMs: 90_000 };
    expect(onTimer(opened.state, quietTimer, 6_000, patient)).toEqual({
      state: opened.state,
      timers: [
        { name: quietTimer, dueAtMs: 21_000 },
        { name: forcedTimer, dueAtMs: 91_000 },
      ],
    });
  });

  test('a complete study is forgotten but for its version; an open one is not', () => {
    const opened = onInstance(undefined, instance('1', 0), true, settings);
    expect(onForget(opened.state)).toBeNull();
    const done = onTimer(opened.state, quietTimer, 5_000, settings);
    expect(done?.timers).toContainEqual({ name: forgetTimer, dueAtMs: 5_000 + settings.forgetMs });
    const kept = onForget(done?.state);
    expect(kept).toEqual({ status: 'complete', version: 1, instances: 0, openedAtMs: 0, lastAtMs: 0 });
    const late = onInstance(kept as StudyState, instance('9', 1e9), true, settings);
    expect(late.state).toMatchObject({ status: 'open', version: 1, instances: 1 });
  });

  test('the forced time completes a study that never falls silent', () => {
    const opened = onInstance(undefined, instance('1', 0), true, settings);
    const { state } = onInstance(opened.state, instance('2', 59_999), true, settings);
    expect(onTimer(state, quietTimer, 60_000, settings)?.state.status).toBe('open');
    expect(onTimer(state, forcedTimer, 60_000, settings)?.state.version).toBe(1);
  });

  test('a late instance reopens the study and gives version 2', () => {
    const opened = onInstance(undefined, instance('1', 0), true, settings);
    const first = onTimer(opened.state, quietTimer, 5_000, settings);
    const late = onInstance(first?.state, instance('2', 9_000), true, settings);
    expect(late.state).toMatchObject({ status: 'open', version: 1, openedAtMs: 9_000 });
    expect(onTimer(late.state, quietTimer, 14_000, settings)?.state).toMatchObject({
      status: 'complete',
      version: 2,
    });
  });

  test('property: whatever comes in whatever order, silence completes exactly once and counts each instance once', () => {
    const arrivals = fc.array(
      fc.record({ sop: fc.integer({ min: 1, max: 9 }), gapMs: fc.integer({ min: 0, max: 4_999 }) }),
      {
        minLength: 1,
        maxLength: 40,
      },
    );
    fc.assert(
      fc.property(arrivals, (list) => {
        let state: StudyState | undefined;
        let atMs = 0;
        const seen = new Set<number>();
        for (const { sop, gapMs } of list) {
          atMs += gapMs;
          const step = onInstance(state, instance(String(sop), atMs), !seen.has(sop), {
            quietMs: 5_000,
            forcedMs: 1e9,
            forgetMs: 1e9,
          });
          seen.add(sop);
          state = step.state;
          const early = onTimer(state, quietTimer, atMs + 4_999, {
            quietMs: 5_000,
            forcedMs: 1e9,
            forgetMs: 1e9,
          });
          expect(early?.state).toEqual(state);
        }
        const done = onTimer(state, quietTimer, atMs + 5_000, settings);
        expect(done?.state).toMatchObject({ status: 'complete', version: 1, instances: seen.size });
        expect(onTimer(done?.state, quietTimer, atMs + 9_000, settings)).toBeNull();
      }),
    );
  });
});
