import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type Urgency, urgencies } from '../../core/order.ts';
import { UrgencyQueue } from '../../inference/urgency-queue.ts';

function drain<T>(queue: UrgencyQueue<T>): T[] {
  const items: T[] = [];
  for (let item = queue.shift(); item !== undefined; item = queue.shift()) items.push(item);
  return items;
}

test('stat goes before urgent before routine, and each in order of arrival', () => {
  const queue = new UrgencyQueue<string>();
  const arrivals: [string, Urgency][] = [
    ['r1', 'routine'],
    ['u1', 'urgent'],
    ['s1', 'stat'],
    ['r2', 'routine'],
    ['s2', 'stat'],
    ['u2', 'urgent'],
  ];
  arrivals.forEach(([name, urgency], at) => {
    queue.push(name, urgency, at);
  });
  expect(queue.size).toBe(6);
  expect(drain(queue)).toEqual(['s1', 's2', 'u1', 'u2', 'r1', 'r2']);
});

test('a routine job is served in bounded time however many stat jobs keep coming', () => {
  const queue = new UrgencyQueue<string>();
  queue.push('routine', 'routine', 0);
  const served: string[] = [];
  for (let minute = 0; minute < 30 && !served.includes('routine'); minute += 1) {
    queue.push(`stat ${minute}`, 'stat', minute * 60_000);
    queue.push(`more ${minute}`, 'stat', minute * 60_000);
    served.push(queue.shift()!);
  }
  expect(served).toContain('routine');
});

test('nothing is lost or served twice, whatever the arrivals and removals', () => {
  const step = fc.oneof(
    fc.record({
      kind: fc.constant('push' as const),
      urgency: fc.constantFrom(...urgencies),
      wait: fc.nat(200_000),
    }),
    fc.record({ kind: fc.constant('shift' as const) }),
    fc.record({ kind: fc.constant('remove' as const), nth: fc.nat(20) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const queue = new UrgencyQueue<number>();
      const waiting = new Set<number>();
      let nowMs = 0;
      let pushed = 0;
      for (const one of steps) {
        if (one.kind === 'push') {
          nowMs += one.wait;
          pushed += 1;
          queue.push(pushed, one.urgency, nowMs);
          waiting.add(pushed);
        } else if (one.kind === 'shift') {
          const item = queue.shift();
          expect(item === undefined).toBe(waiting.size === 0);
          if (item !== undefined) expect(waiting.delete(item)).toBe(true);
        } else {
          expect(queue.remove(one.nth)).toBe(waiting.delete(one.nth));
        }
        expect(queue.size).toBe(waiting.size);
      }
      expect(new Set(drain(queue))).toEqual(waiting);
    }),
  );
});
