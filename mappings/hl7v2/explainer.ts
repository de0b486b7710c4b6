import { limits } from '../../core/limits.ts';
import type { BundleEntry, FhirObject, FhirValue, Resource } from '../bundle/bundle.ts';
import { isObject } from '../bundle/bundle.ts';
import { placeOf } from './compiler/places.ts';
import type { Explanation } from './issue.ts';

/** Who wrote an element, and from what. */
interface Origin {
  readonly label: string;
  /** The row, or what of a file made the resource: asked for its place. */
  readonly thing: object;
  readonly input: string;
}

interface Note extends Origin {
  readonly target: FhirObject;
  /** From the target on. */
  readonly path: string;
}

const unknown: Origin = { label: '', thing: {}, input: '' };

/**
 * Watches a conversion and says afterwards where every element of the Bundle came from. Notes are of objects, not of paths: rows of a datatype
 * write into an object before anybody knows where it will stand.
 */
export class Explainer {
  readonly #notes: Note[] = [];
  readonly #makers = new Map<string, Origin>();
  #reading: Origin = unknown;

  /** A row wrote at `path` of `target` what it read at `input`; '' for a fixed value. */
  note(target: FhirObject, path: string, row: { readonly id: string }, input: string): void {
    this.#notes.push({ target, path, label: row.id, thing: row, input });
  }

  /** What a row reads next: resources that its converter adds (the wards of a PL) come from there. */
  reads(row: { readonly id: string }, input: string): void {
    this.#reading = { label: row.id, thing: row, input };
  }

  /** A resource was added; whoever made it may say so yet. */
  added(fullUrl: string): void {
    if (!this.#makers.has(fullUrl)) this.#makers.set(fullUrl, this.#reading);
  }

  /** Who made a resource: stands for whatever of it no row wrote (links, defaults, an identifier of ours). */
  made(fullUrl: string, maker: Origin): void {
    this.#makers.set(fullUrl, maker);
  }

  /**
   * Every element of the Bundle, in its order, at most `limits.mapExplanationsMax`.
   *
   * @param built the resources as they were built, of which entries may be copies
   */
  explain(
    built: Iterable<readonly [fullUrl: string, resource: Resource]>,
    entries: readonly BundleEntry[],
  ): readonly Explanation[] {
    const notesAt = this.#placed(built);
    const found: Explanation[] = [];
    for (const { fullUrl, resource } of entries) {
      const maker = this.#makers.get(fullUrl) ?? unknown;
      const walk = new Walk(fullUrl, resource, notesAt.get(fullUrl) ?? new Map(), maker);
      for (const one of walk.elements()) {
        if (found.length >= limits.mapExplanationsMax) return found;
        found.push(one);
      }
    }
    return found;
  }

  /** Notes by resource and path; of two about one element the first, for it stands. */
  #placed(built: Iterable<readonly [string, Resource]>): ReadonlyMap<string, ReadonlyMap<string, Note>> {
    const where = new Map<object, readonly [fullUrl: string, path: string]>();
    for (const [fullUrl, resource] of built) addObjects(where, fullUrl, '', resource);
    const placed = new Map<string, Map<string, Note>>();
    for (const note of this.#notes) {
      const at = where.get(note.target);
      if (at === undefined) continue;
      const [fullUrl, above] = at;
      const path = above === '' ? note.path : `${above}.${note.path}`;
      const notes = placed.get(fullUrl) ?? new Map<string, Note>();
      placed.set(fullUrl, notes);
      if (!notes.has(path)) notes.set(path, note);
    }
    return placed;
  }
}

function addObjects(
  where: Map<object, readonly [string, string]>,
  fullUrl: string,
  path: string,
  value: FhirValue,
): void {
  if (Array.isArray(value)) {
    for (const [at, item] of value.entries()) addObjects(where, fullUrl, `${path}[${at}]`, item);
  } else if (isObject(value)) {
    if (!where.has(value)) where.set(value, [fullUrl, path]);
    for (const [name, inner] of Object.entries(value))
      addObjects(where, fullUrl, path === '' ? name : `${path}.${name}`, inner);
  }
}

/** One resource, element by element. */
class Walk {
  readonly #fullUrl: string;
  readonly #resource: Resource;
  readonly #notes: ReadonlyMap<string, Origin>;
  readonly #maker: Origin;
  /** Elements that hold an explained one. */
  readonly #holders: ReadonlySet<string>;

  constructor(fullUrl: string, resource: Resource, notes: ReadonlyMap<string, Note>, maker: Origin) {
    this.#fullUrl = fullUrl;
    this.#resource = resource;
    this.#notes = notes;
    this.#maker = maker;
    const holders = new Set<string>();
    for (const path of notes.keys()) {
      for (const { index } of path.matchAll(/[.[]/g)) holders.add(path.slice(0, index));
    }
    this.#holders = holders;
  }

  *elements(): Generator<Explanation> {
    for (const [name, value] of Object.entries(this.#resource)) {
      if (name !== 'resourceType' && name !== 'id') yield* this.#element(name, value, this.#maker);
    }
  }

  /** `above` explains it when nothing of its own does. */
  *#element(path: string, value: FhirValue, above: Origin): Generator<Explanation> {
    const note = this.#notes.get(path) ?? this.#notes.get(path.replace(/(^|\.)_(?=\w+$)/, '$1'));
    if (note !== undefined) yield this.#said(path, note);
    if (!this.#holders.has(path)) {
      if (note === undefined) yield this.#said(path, above);
      return;
    }
    const children = childrenOf(path, value);
    // What a row puts beside its value (`with`) has its row.
    const beside = note ?? (Array.isArray(value) ? above : this.#firstOf(children));
    for (const [child, inner] of children) {
      const isExplained = this.#notes.has(child) || this.#holders.has(child);
      if (note === undefined || isExplained) yield* this.#element(child, inner, fixed(beside ?? above));
    }
  }

  #firstOf(children: readonly (readonly [string, FhirValue])[]): Origin | undefined {
    for (const [child] of children) {
      const note = this.#notes.get(child);
      if (note !== undefined) return note;
    }
    return undefined;
  }

  #said(path: string, { label, thing, input }: Origin): Explanation {
    return {
      resource: this.#fullUrl,
      output: `${this.#resource.resourceType}.${path}`,
      row: label,
      input,
      file: placeOf(thing),
    };
  }
}

const fixed = ({ label, thing }: Origin): Origin => ({ label, thing, input: '' });

function childrenOf(path: string, value: FhirValue): readonly (readonly [string, FhirValue])[] {
  if (Array.isArray(value)) return value.map((item, at) => [`${path}[${at}]`, item] as const);
  return isObject(value)
    ? Object.entries(value).map(([name, inner]) => [`${path}.${name}`, inner] as const)
    : [];
}
