import type { Identifier, Resource } from '../../bundle/bundle.ts';
import type { Frame } from './frame.ts';
import type { GroupsOf } from './frames-of.ts';
import type { ResourceSpec } from './schema.ts';

/** A resource that a message gave. */
export interface Made {
  readonly spec: ResourceSpec;
  readonly resource: Resource;
  readonly frame: Frame;
  readonly uuid: string;
  readonly fullUrl: string;
  readonly identifier: Identifier;
}

/** Of resources that one place gave, one per name: there are never more of them than names in the map. */
type OnePerName = Made[];

/** Resources of one kind of group, by number of the group, and by number of the group around it. */
interface OfGroups {
  readonly own: (OnePerName | undefined)[];
  readonly outer: (Made[] | undefined)[];
}

/** Resources made so far, by name and by where. */
export class MadeResources {
  readonly list: Made[] = [];
  readonly #groups: GroupsOf;
  readonly #byAnchor: (OnePerName | undefined)[] = [];
  readonly #byGroup = new Map<string, OfGroups>();
  readonly #ungrouped: OnePerName = [];

  constructor(groups: GroupsOf) {
    this.#groups = groups;
  }

  add(made: Made): void {
    const { anchor, group, kind } = made.frame;
    this.list.push(made);
    at(this.#byAnchor, anchor.index).push(made);
    if (kind === undefined || group < 0) {
      if (named(this.#ungrouped, made.spec.name) === undefined) this.#ungrouped.push(made);
      return;
    }
    let ofGroups = this.#byGroup.get(kind);
    if (ofGroups === undefined) {
      ofGroups = { own: [], outer: [] };
      this.#byGroup.set(kind, ofGroups);
    }
    const first = at(ofGroups.own, group);
    if (named(first, made.spec.name) !== undefined) return;
    first.push(made);
    const outer = this.#groups(kind).parents[group]!;
    if (outer >= 0) at(ofGroups.outer, outer).push(made);
  }

  /** All resources of a kind in the groups that lie within the frame's. */
  within(spec: ResourceSpec, frame: Frame): readonly Made[] {
    const inner = this.#byGroup.get(spec.group!)?.outer[frame.group] ?? [];
    return inner.filter((one) => one.spec.name === spec.name);
  }

  /**
   * The resource of that kind that belongs here: of the same anchor; of the group of its kind that the anchor stands in, or that the
   * anchor's own group lies in; the only one of the group around; or of the message.
   */
  find(spec: ResourceSpec, frame: Frame): Made | undefined {
    const own = named(this.#byAnchor[frame.anchor.index], spec.name);
    if (own !== undefined || spec.each) return own;
    if (spec.group === undefined) return named(this.#ungrouped, spec.name);
    const ofGroups = this.#byGroup.get(spec.group);
    if (ofGroups === undefined) return undefined;
    const groups = this.#groups(spec.group);
    let number = groups.numbers[frame.anchor.index]!;
    if (number < 0 && frame.kind !== undefined) {
      const around = this.#groups(frame.kind);
      if (around.spec.within === spec.group) number = around.parents[frame.group] ?? -1;
    }
    const found = number < 0 ? undefined : named(ofGroups.own[number], spec.name);
    if (found !== undefined || groups.outer === undefined) return found;
    return onlyOne(ofGroups.outer[groups.outer.numbers[frame.anchor.index]!], spec.name);
  }
}

function at(lists: (OnePerName | undefined)[], index: number): OnePerName {
  const known = lists[index];
  if (known !== undefined) return known;
  const made: OnePerName = [];
  lists[index] = made;
  return made;
}

function named(list: OnePerName | undefined, name: string): Made | undefined {
  if (list !== undefined) for (const made of list) if (made.spec.name === name) return made;
  return undefined;
}

/** Of several nothing says which one is meant. */
function onlyOne(list: readonly Made[] | undefined, name: string): Made | undefined {
  let only: Made | undefined;
  for (const made of list ?? []) {
    if (made.spec.name !== name) continue;
    if (only !== undefined && only.uuid !== made.uuid) return undefined;
    only = made;
  }
  return only;
}
