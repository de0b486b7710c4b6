import type { Hl7Message, Hl7Segment } from '../../../formats/hl7v2/index.ts';

/** How a message file describes a group of segments. */
export interface GroupSpec {
  readonly opens: readonly string[];
  readonly holds: readonly string[];
  readonly shares?: readonly string[];
  readonly within?: string | undefined;
  readonly spans: boolean;
  readonly prior?: 'skip' | 'only' | undefined;
}

/** Finds the groups of one kind in a message; `outer` are the groups that they lie within. */
export interface Grouping {
  readonly spec: GroupSpec;
  read(message: Hl7Message, outer: Groups | undefined): Groups;
}

/** The groups of one kind in one message. */
export class Groups {
  /** Number of the group that each segment belongs to, by its index; -1 for none. */
  readonly numbers: readonly number[];
  /** Number of the outer group that each group lies in, -1 for none. */
  readonly parents: readonly number[];
  readonly spec: GroupSpec;
  readonly outer: Groups | undefined;
  readonly #message: Hl7Message;
  readonly #named = new Map<string, (Hl7Segment[] | undefined)[]>();
  #members: Hl7Segment[][] | undefined;

  constructor(
    message: Hl7Message,
    spec: GroupSpec,
    outer: Groups | undefined,
    numbers: readonly number[],
    parents: readonly number[],
  ) {
    this.#message = message;
    this.spec = spec;
    this.outer = outer;
    this.numbers = numbers;
    this.parents = parents;
  }

  /** Segments of a name that a resource of a group reads: of its group, else of the group around it, else of the message. */
  visible(number: number, name: string): readonly Hl7Segment[] {
    const own = this.#byName(name)[number];
    if (own !== undefined || this.#claims(name)) return own ?? noSegments;
    if (this.outer === undefined) return this.#message.all(name);
    return this.outer.visible(this.parents[number] ?? -1, name);
  }

  /** All segments of a group. */
  members(number: number): readonly Hl7Segment[] {
    if (this.#members === undefined) {
      const members: Hl7Segment[][] = this.parents.map(() => []);
      for (const segment of this.#message.segments) members[this.numbers[segment.index]!]?.push(segment);
      this.#members = members;
    }
    return this.#members[number] ?? noSegments;
  }

  /** A spanning group holds what stands in it; what stands in none of them (MSH) is of the message. */
  #claims(name: string): boolean {
    const { spans, opens, holds, shares } = this.spec;
    if (shares?.includes(name) === true) return false;
    return spans ? this.#byName(name).length > 0 : opens.includes(name) || holds.includes(name);
  }

  #byName(name: string): (Hl7Segment[] | undefined)[] {
    const known = this.#named.get(name);
    if (known !== undefined) return known;
    const lists: (Hl7Segment[] | undefined)[] = [];
    for (const segment of this.#message.all(name)) {
      const number = this.numbers[segment.index]!;
      if (number < 0) continue;
      const list = lists[number];
      if (list === undefined) lists[number] = [segment];
      else list.push(segment);
    }
    this.#named.set(name, lists);
    return lists;
  }
}

const noSegments: readonly Hl7Segment[] = [];

/** Segments that stand in front of a prior result in an order (HL7 v2.5.1 4.4.6, group PRIOR_RESULT), and of no order themselves. */
const announcePrior: ReadonlySet<string> = new Set(['PID', 'PV1', 'AL1']);

/**
 * Order-tolerant grouping: a group opens at an opener that the open group has already, or at one that comes before an opener that it
 * has; a missing first opener is no fault. Segments that the group does not hold (Z segments, strangers) never split it. The next group
 * around it ends it.
 */
export function compileGrouping(spec: GroupSpec): Grouping {
  const held = new Set([...spec.opens, ...spec.holds, ...(spec.shares ?? [])]);
  return {
    spec,
    read(message, outer) {
      const opens = sendersOrder(message, spec.opens);
      const walk = new Walk(spec);
      const numbers = message.segments.map((segment) => {
        walk.enter(outer?.numbers[segment.index] ?? -1);
        const rank = opens.indexOf(segment.name);
        if (rank >= 0) walk.open(segment, rank);
        else if (spec.prior !== undefined && announcePrior.has(segment.name)) walk.announce();
        return rank >= 0 || spec.spans || held.has(segment.name) ? walk.current : -1;
      });
      return new Groups(message, spec, outer, numbers, walk.parents);
    },
  };
}

/** Where a grouping stands while it goes over the segments. */
class Walk {
  readonly parents: number[] = [];
  readonly #spec: GroupSpec;
  /** Number of the open group; -1 when none is, or the open one is of the other kind (prior or not). */
  current = -1;
  #isOpen = false;
  #reached = 0;
  #outer = -1;
  #isAnnounced = false;
  #isFirst = true;

  constructor(spec: GroupSpec) {
    this.#spec = spec;
  }

  enter(outer: number): void {
    if (outer < 0 || outer === this.#outer) return;
    this.#outer = outer;
    this.#close();
    this.#isFirst = true;
  }

  announce(): void {
    if (this.#isFirst) return;
    this.#isAnnounced = true;
    this.#close();
  }

  open(segment: Hl7Segment, rank: number): void {
    if (!this.#isOpen || rank <= this.#reached) {
      const isPrior = this.#isAnnounced || (segment.name === 'ORC' && segment.get(1) === 'PR');
      const isTaken = this.#spec.prior === undefined || isPrior === (this.#spec.prior === 'only');
      this.current = isTaken ? this.parents.push(this.#outer) - 1 : -1;
      this.#isOpen = true;
      this.#isAnnounced = false;
      this.#isFirst = false;
    }
    this.#reached = rank;
  }

  #close(): void {
    this.current = -1;
    this.#isOpen = false;
  }
}

/**
 * Two openers may stand in either order (ORC OBR in most results, OBR ORC in those by specimen): a sender that never writes the one right
 * before the other, and always the other way round, means that.
 */
function sendersOrder(message: Hl7Message, opens: readonly string[]): readonly string[] {
  const [first, second] = opens;
  if (first === undefined || second === undefined || opens.length > 2) return opens;
  let [forward, backward] = [0, 0];
  let before = '';
  for (const { name } of message.segments) {
    if (between.has(name) || name.startsWith('Z')) continue;
    if (before === first && name === second) forward++;
    else if (before === second && name === first) backward++;
    before = name;
  }
  return forward === 0 && backward > 0 ? [second, first] : opens;
}

/** Segments that may stand between two that belong together. */
const between: ReadonlySet<string> = new Set(['PRT', 'NTE', 'TQ1', 'TQ2']);
