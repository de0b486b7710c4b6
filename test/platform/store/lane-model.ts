import { expect } from '@jest/globals';
import fc from 'fast-check';
import type { LeasedDelivery } from '../../../core/delivery.ts';
import type { DeliveryId } from '../../../core/ids.ts';
import type { ChannelLease, Store } from '../../../core/ports/index.ts';
import { claim, deliver, delivery, refusal, startMs } from './store-fixtures.ts';

type State = 'open' | 'leased' | 'ended';
interface Entry {
  readonly id: DeliveryId;
  readonly lanes: readonly string[];
  position: number;
  state: State;
  leased?: LeasedDelivery;
  isFailed?: boolean;
}

/** What lanes promise, said in the plainest way: an entry may go when nothing open stands before it in any of its lanes. */
export interface LaneModel {
  readonly entries: Entry[];
  positions: number;
}
export interface LaneReal {
  readonly store: Store;
  readonly lease: ChannelLease;
}
type LaneCommand = fc.AsyncCommand<LaneModel, LaneReal>;

export const newLaneModel = (): LaneModel => ({ entries: [], positions: 0 });

const isOpen = (entry: Entry): boolean => entry.state !== 'ended';
const isReady = (model: LaneModel, entry: Entry): boolean =>
  entry.state === 'open' &&
  !model.entries.some(
    (other) =>
      isOpen(other) &&
      other.position < entry.position &&
      other.lanes.some((lane) => entry.lanes.includes(lane)),
  );
const pick = <T>(list: readonly T[], at: number): T | undefined => list[at % Math.max(1, list.length)];

class Add implements LaneCommand {
  readonly lanes: readonly string[];
  constructor(lanes: readonly string[]) {
    this.lanes = lanes;
  }
  check = () => true;
  async run(model: LaneModel, { store, lease }: LaneReal): Promise<void> {
    const [id] = await deliver(store, lease, [delivery({ lanes: this.lanes })]);
    model.positions += 1;
    model.entries.push({ id: id!, lanes: this.lanes, position: model.positions, state: 'open' });
  }
  toString = () => `add(${this.lanes.join('+')})`;
}

class Claim implements LaneCommand {
  readonly limit: number;
  constructor(limit: number) {
    this.limit = limit;
  }
  check = () => true;
  async run(model: LaneModel, { store }: LaneReal): Promise<void> {
    const ready = model.entries.filter((entry) => isReady(model, entry)).sort((a, b) => a.id - b.id);
    const leased = await claim(store, { limit: this.limit });
    expect(leased.map((d) => d.id)).toEqual(ready.slice(0, this.limit).map((entry) => entry.id));
    for (const one of leased) {
      const entry = model.entries.find((candidate) => candidate.id === one.id)!;
      entry.state = 'leased';
      entry.leased = one;
    }
  }
  toString = () => `claim(${this.limit})`;
}

class Settle implements LaneCommand {
  readonly at: number;
  readonly kind: 'delivered' | 'retry' | 'dead' | 'unknown';
  constructor(at: number, kind: Settle['kind']) {
    this.at = at;
    this.kind = kind;
  }
  check = (model: Readonly<LaneModel>) => model.entries.some((entry) => entry.state === 'leased');
  async run(model: LaneModel, { store }: LaneReal): Promise<void> {
    const entry = pick(
      model.entries.filter((candidate) => candidate.state === 'leased'),
      this.at,
    )!;
    const outcome = this.kind === 'delivered' ? { kind: this.kind } : { kind: this.kind, error: refusal };
    await store.settleDelivery(entry.leased!, { outcome, atMs: startMs, nextDueAtMs: startMs });
    entry.state = this.kind === 'retry' ? 'open' : 'ended';
    entry.isFailed = this.kind === 'dead' || this.kind === 'unknown';
  }
  toString = () => `settle(${this.at}, ${this.kind})`;
}

class Resolve implements LaneCommand {
  readonly at: number;
  readonly word: 'retry' | 'cancel';
  constructor(at: number, word: 'retry' | 'cancel') {
    this.at = at;
    this.word = word;
  }
  check = (model: Readonly<LaneModel>) => this.#candidates(model).length > 0;
  async run(model: LaneModel, { store }: LaneReal): Promise<void> {
    const entry = pick(this.#candidates(model), this.at)!;
    expect(await store.resolveDelivery(entry.id, this.word, startMs)).toBe(true);
    entry.isFailed = false;
    if (this.word === 'cancel') {
      entry.state = 'ended';
    } else {
      model.positions += 1;
      entry.position = model.positions;
      entry.state = 'open';
    }
  }
  #candidates(model: Readonly<LaneModel>): Entry[] {
    return model.entries.filter((entry) =>
      this.word === 'cancel' ? entry.state === 'open' : entry.isFailed === true,
    );
  }
  toString = () => `resolve(${this.at}, ${this.word})`;
}

/** At the end of every run nothing is lost: draining delivers all that is open, each lane in order. */
class Drain implements LaneCommand {
  check = (model: Readonly<LaneModel>) => model.entries.some(isOpen);
  async run(model: LaneModel, real: LaneReal): Promise<void> {
    for (const entry of model.entries.filter((candidate) => candidate.state === 'leased')) {
      await real.store.settleDelivery(entry.leased!, { outcome: { kind: 'delivered' }, atMs: startMs });
      entry.state = 'ended';
    }
    while (model.entries.some(isOpen)) {
      await new Claim(100).run(model, real);
      for (const entry of model.entries.filter((candidate) => candidate.state === 'leased')) {
        await real.store.settleDelivery(entry.leased!, { outcome: { kind: 'delivered' }, atMs: startMs });
        entry.state = 'ended';
      }
    }
    expect((await real.store.depths(startMs)).destinations.every((depth) => depth.open === 0)).toBe(true);
  }
  toString = () => 'drain';
}

const lanes = fc.uniqueArray(fc.constantFrom('A', 'B', 'C'), { maxLength: 3 });
export const laneCommands: fc.Arbitrary<LaneCommand>[] = [
  lanes.map((names) => new Add(names)),
  lanes.map((names) => new Add(names)),
  fc.integer({ min: 1, max: 4 }).map((limit) => new Claim(limit)),
  fc
    .tuple(
      fc.nat(9),
      fc.constantFrom('delivered' as const, 'retry' as const, 'dead' as const, 'unknown' as const),
    )
    .map(([at, kind]) => new Settle(at, kind)),
  fc
    .tuple(fc.nat(9), fc.constantFrom('retry' as const, 'cancel' as const))
    .map(([at, word]) => new Resolve(at, word)),
  fc.constant(new Drain()),
];
