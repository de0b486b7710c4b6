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

/** Resources made so far, by name and by where. */
export class MadeResources {
  readonly list: Made[] = [];
  readonly #byPlace = new Map<string, Made>();

  add(made: Made): void {
    const { name } = made.spec;
    this.list.push(made);
    this.#byPlace.set(`${name}@${made.frame.anchor.index}`, made);
    const key = made.frame.group < 0 ? name : `${name}#${made.frame.group}`;
    if (!this.#byPlace.has(key)) this.#byPlace.set(key, made);
  }

  /** The resource of that name that belongs here: of the same anchor, the same group, or the message. */
  find(name: string, frame: Frame, isEach: boolean): Made | undefined {
    const own = this.#byPlace.get(`${name}@${frame.anchor.index}`);
    if (own !== undefined || isEach) return own;
    const grouped = frame.group < 0 ? undefined : this.#byPlace.get(`${name}#${frame.group}`);
    return grouped ?? this.#byPlace.get(name);
  }
}
