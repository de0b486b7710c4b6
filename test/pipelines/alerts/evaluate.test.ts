import { expect, test } from '@jest/globals';
import { evaluate, type Snapshot } from '../../../pipelines/alerts/evaluate.ts';

const minuteMs = 60_000;
const settings = { silenceMinutes: 10, queueMinutes: 15, deadLetters: 1 };
const quiet: Snapshot = {
  nowMs: 100 * minuteMs,
  depths: { channels: [], destinations: [] },
  store: { accepting: true },
  channels: [{ name: 'adt', settings, lastReceivedAtMs: 95 * minuteMs, unreachable: [], heldReports: 0 }],
};
const depth = { channel: 'adt', destination: 'ehr', open: 0, dead: 0, unknown: 0, oldestCreatedAtMs: null };

test('nothing to tell while all is well', () => {
  expect(evaluate(quiet)).toEqual([]);
});

test.each([
  [
    'silence',
    {
      channels: [{ name: 'adt', settings, lastReceivedAtMs: 90 * minuteMs, unreachable: [], heldReports: 0 }],
    },
  ],
  [
    'disconnected',
    {
      channels: [
        { name: 'adt', settings, lastReceivedAtMs: 99 * minuteMs, unreachable: ['ehr'], heldReports: 0 },
      ],
    },
  ],
  [
    'queue-age',
    { depths: { channels: [], destinations: [{ ...depth, open: 3, oldestCreatedAtMs: 85 * minuteMs }] } },
  ],
  ['dead-letters', { depths: { channels: [], destinations: [{ ...depth, dead: 1 }] } }],
  ['dead-letters', { depths: { channels: [], destinations: [{ ...depth, unknown: 1 }] } }],
  [
    'held-reports',
    {
      channels: [{ name: 'adt', settings, lastReceivedAtMs: 99 * minuteMs, unreachable: [], heldReports: 2 }],
    },
  ],
  ['disk', { disk: { freeBytes: 10, freeBytesWarn: 20 } }],
  ['store', { store: { accepting: false, reason: 'BH_STORE_IO' } }],
] as const)('%s is raised alone', (kind, change) => {
  expect(evaluate({ ...quiet, ...change } as Snapshot).map((alert) => alert.kind)).toEqual([kind]);
});

test('zero minutes mean never', () => {
  const off = { ...settings, silenceMinutes: 0, queueMinutes: 0 };
  const channels = [{ name: 'adt', settings: off, lastReceivedAtMs: 0, unreachable: [], heldReports: 0 }];
  const destinations = [{ ...depth, open: 3, oldestCreatedAtMs: 0 }];
  expect(evaluate({ ...quiet, channels, depths: { channels: [], destinations } })).toEqual([]);
});
