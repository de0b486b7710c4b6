import type { Identifier, Resource } from '../../bundle/bundle.ts';
import type { Frame } from './frame.ts';
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

/** Resources made so far, by name and by where. */
export class MadeResources {
  readonly list: Made[] = [];
  readonly #byAnchor: (OnePerName | undefined)[] = [];
  readonly #byGroup: (OnePerName | undefined)[] = [];
  readonly #ungrouped: OnePerName = [];

  add(made: Made): void {
    const { anchor, group } = made.frame;
    this.list.push(made);
    at(this.#byAnchor, anchor.index).push(made);
    const first = group < 0 ? this.#ungrouped : at(this.#byGroup, group);
    if (named(first, made.spec.name) === undefined) first.push(made);
  }

  /** The resource of that name that belongs here: of the same anchor, the same group, or the message. */
  find(name: string, frame: Frame, isEach: boolean): Made | undefined {
    const own = named(this.#byAnchor[frame.anchor.index], name);
    if (own !== undefined || isEach) return own;
    const grouped = frame.group < 0 ? undefined : named(this.#byGroup[frame.group], name);
    return grouped ?? named(this.#ungrouped, name);
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
