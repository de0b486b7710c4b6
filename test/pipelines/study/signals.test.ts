import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { forcedTimer, quietTimer } from '../../../pipelines/study/study-state.ts';
import { StudyModel } from './study-model.ts';

describe('a procedure step', () => {
  test('in progress holds the silence, and its end with all its instances here completes at once', () => {
    const study = new StudyModel();
    study.step('s', 'in progress');
    expect(study.state?.status).toBe('awaited');
    study.instance('1');
    study.instance('2');
    study.pass(60_000);
    expect(study.state).toMatchObject({ status: 'open', held: 'a procedure step is in progress' });
    study.step('s', 'completed', ['1', '2']);
    expect(study.completions).toMatchObject([{ version: 1, signal: 'mpps', instances: 2 }]);
  });

  test('that ended before its images completes with the last of them', () => {
    const study = new StudyModel();
    study.step('s', 'completed', ['1', '2']);
    study.instance('1');
    study.pass(60_000);
    expect(study.state).toMatchObject({ status: 'open', missing: 1 });
    study.instance('2');
    expect(study.completions).toMatchObject([{ signal: 'mpps', instances: 2, atMs: study.nowMs }]);
  });

  test('every one of a study must have ended', () => {
    const study = new StudyModel();
    study.step('a', 'in progress');
    study.step('b', 'in progress');
    study.instance('1');
    study.step('a', 'completed', ['1']);
    expect(study.completions).toEqual([]);
    study.step('b', 'discontinued');
    expect(study.signals).toEqual(['mpps']);
  });

  test('that ended without a word of its instances leaves it to the silence', () => {
    const study = new StudyModel();
    study.instance('1');
    study.step('s', 'discontinued');
    expect(study.completions).toEqual([]);
    study.pass(5_000);
    expect(study.signals).toEqual(['quiet']);
  });

  test('never goes back: an older word of it that comes late changes nothing', () => {
    const study = new StudyModel();
    study.step('s', 'completed', ['1', '2']);
    study.step('s', 'in progress');
    study.instance('1');
    study.instance('2');
    expect(study.signals).toEqual(['mpps']);
  });

  test('that nobody ends holds the study until the forced time, or until its order is completed', () => {
    const study = new StudyModel();
    study.step('s', 'in progress');
    study.instance('1');
    study.pass(600_000);
    expect(study.signals).toEqual(['forced']);
    const ordered = new StudyModel();
    ordered.step('s', 'in progress');
    ordered.instance('1');
    ordered.pass(60_000);
    ordered.order = 'completed';
    ordered.pass(30_000);
    expect(ordered.signals).toEqual(['order']);
  });
});

describe('an archive', () => {
  test('that announces what is here completes at once; what is not here is waited for', () => {
    const study = new StudyModel();
    study.instance('1');
    study.notice({ kind: 'ian' }, ['1', '2']);
    study.pass(60_000);
    expect(study.completions).toEqual([]);
    study.instance('2');
    expect(study.signals).toEqual(['ian']);
    study.instance('late');
    study.pass(5_000);
    expect(study.signals).toEqual(['ian', 'quiet']);
  });

  test('is asked once after the first instance; all here that it had counted, it is asked again and decides', () => {
    const study = new StudyModel({ countWaitMs: 30_000 });
    study.instance('1');
    expect(study.asked).toBe(1);
    study.notice({ kind: 'count', count: 3 });
    study.instance('2');
    expect(study.asked).toBe(1);
    study.instance('3');
    expect(study.asked).toBe(2);
    study.notice({ kind: 'count', count: 3 });
    expect(study.completions).toMatchObject([{ signal: 'count', instances: 3, atMs: study.nowMs }]);
  });

  test('that is itself still receiving does not complete the study early', () => {
    const study = new StudyModel({ countWaitMs: 30_000 });
    study.instance('1');
    study.notice({ kind: 'count', count: 1 });
    study.instance('2');
    study.notice({ kind: 'count', count: 2 });
    expect(study.completions).toEqual([]);
    study.pass(5_000);
    study.notice({ kind: 'count', count: 2 });
    expect(study.signals).toEqual(['count']);
  });

  test('that has more than are here makes of a silence a pause', () => {
    const study = new StudyModel({ countWaitMs: 30_000 });
    study.instance('1');
    study.notice({ kind: 'count', count: 2 });
    study.pass(300_000);
    expect(study.state).toMatchObject({ status: 'open', held: 'the archive had 2, here are 1' });
    study.instance('2');
    study.pass(5_000);
    study.notice({ kind: 'count', count: 2 });
    expect(study.signals).toEqual(['count']);
  });

  test('that does not answer holds nobody up', () => {
    const study = new StudyModel({ countWaitMs: 30_000 });
    study.instance('1');
    study.instance('2');
    study.pass(60_000);
    expect(study.signals).toEqual(['quiet']);
    expect(study.completions[0]?.atMs).toBeLessThanOrEqual(1_000_000 + 5_000 + 30_000);
  });
});

test('an expectation that is not met makes of a silence a pause, up to the forced time', () => {
  const study = new StudyModel();
  study.expected = false;
  study.instance('1');
  study.pass(60_000);
  expect(study.state?.held).toBe('the expected series are not here');
  study.expected = true;
  study.instance('2');
  study.pass(5_000);
  expect(study.signals).toEqual(['expected']);
});

test('an operator completes an open study, and nothing else', () => {
  const study = new StudyModel();
  study.notice({ kind: 'manual' });
  expect(study.state).toBeUndefined();
  study.instance('1');
  study.notice({ kind: 'manual' });
  study.notice({ kind: 'manual' });
  expect(study.signals).toEqual(['manual']);
});

test('a cancelled order ends the wait for what was announced', () => {
  const study = new StudyModel();
  study.instance('1');
  study.notice({ kind: 'ian' }, ['1', '2']);
  study.order = 'cancelled';
  study.pass(5_000);
  expect(study.signals).toEqual(['order']);
});

test('what was announced of a study that never came is forgotten', () => {
  const study = new StudyModel();
  study.step('s', 'in progress');
  study.pass(86_400_000);
  expect(study.state).toBeUndefined();
});

const sops = fc.constantFrom('1', '2', '3', '4', '5', '6');
const uids = fc.uniqueArray(sops, { maxLength: 6 });
const event = fc.oneof(
  { weight: 4, arbitrary: sops.map((sop) => (study: StudyModel) => study.instance(sop)) },
  fc
    .tuple(
      fc.constantFrom('a', 'b'),
      fc.constantFrom('in progress', 'completed', 'discontinued' as const),
      uids,
    )
    .map(
      ([uid, status, named]) =>
        (study: StudyModel) =>
          study.step(uid, status as 'completed', status === 'in progress' ? [] : named),
    ),
  uids.map((named) => (study: StudyModel) => study.notice({ kind: 'ian' }, named)),
  fc.nat({ max: 8 }).map((count) => (study: StudyModel) => study.notice({ kind: 'count', count })),
  fc.constant((study: StudyModel) => study.notice({ kind: 'manual' })),
  fc
    .constantFrom(undefined, 'completed' as const, 'cancelled' as const)
    .map((status) => (study: StudyModel) => {
      study.order = status;
    }),
  fc.constantFrom(undefined, true, false).map((isHere) => (study: StudyModel) => {
    study.expected = isHere;
  }),
  fc.constantFrom(quietTimer, forcedTimer).map((name) => (study: StudyModel) => study.fire(name)),
  { weight: 2, arbitrary: fc.nat({ max: 20_000 }).map((ms) => (study: StudyModel) => study.pass(ms)) },
);

test('property: in whatever order signals come, each version completes once, nothing is lost, and no timer is missing', () => {
  const run = (events: readonly ((study: StudyModel) => void)[], countWaitMs: number | undefined) => {
    const study = new StudyModel(countWaitMs === undefined ? {} : { countWaitMs });
    const came = new Set<string>();
    for (const apply of events) {
      apply(study);
      for (const sop of study.here) came.add(sop);
      const { state, timers } = study;
      if (state?.status === 'open') {
        expect(timers.get(quietTimer)).toBeDefined();
        expect(timers.get(forcedTimer)).toBe(state.openedAtMs + study.settings.forcedMs);
      }
      expect(state?.instances ?? 0).toBe(study.here.size);
      expect(state?.missing ?? 0).toBe(study.awaited.size);
    }
    study.pass(study.settings.forcedMs);
    expect(study.state?.status ?? 'awaited').not.toBe('open');
    const versions = study.completions.map(({ version }) => version);
    expect(versions).toEqual(versions.map((_, at) => at + 1));
    // The last version has every instance that ever came.
    if (came.size > 0) expect(new Set(study.completions.at(-1)?.held)).toEqual(came);
  };
  fc.assert(fc.property(fc.array(event, { maxLength: 60 }), fc.constantFrom(undefined, 10_000), run), {
    numRuns: 500,
  });
});
