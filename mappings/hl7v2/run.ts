import { limits } from '../../core/limits.ts';
import { type Hl7Message, type Hl7Segment, standardDelimiters } from '../../formats/hl7v2/index.ts';
import type { BundleEntry, FhirObject, Identifier, Resource } from '../bundle/bundle.ts';
import { copyOf, keep } from '../bundle/kept.ts';
import { bundleEntry, type WriteMode } from '../identity/requests.ts';
import type { Systems } from '../identity/systems.ts';
import type { NameUuid } from '../identity/uuid.ts';
import type { SiteSettings } from '../site.ts';
import type { Coverage } from './coverage.ts';
import { Explainer } from './explainer.ts';
import type { MapIssue } from './issue.ts';
import { offsetIn } from './values/date-time.ts';

/** What a map knows of its site; the same for every message. */
export interface MapSite {
  readonly settings: SiteSettings;
  readonly systems: Systems;
  readonly uuid: NameUuid;
  /** Names the map and its version in Provenance. */
  readonly version: string;
  /** The agent of Provenance that stands for the map. */
  readonly assembler: FhirObject;
}

export interface ConvertContext {
  /** Receipt of the message; stands where the message has no time of its own. */
  readonly receivedAtMs: number;
  readonly messageId?: number;
  /** Also say for each output element which row and HL7 path made it. */
  readonly explain?: boolean;
  /** The Bundle goes into a file and must stand alone: nothing of it is a PATCH, nothing goes before it. */
  readonly isForFile?: boolean;
}

/** One read of an element: repetition 0 is all of them, component or subcomponent 0 the whole. */
export interface Taken {
  readonly rep: number;
  readonly component: number;
  readonly subcomponent: number;
  readonly covers: Coverage;
}

/** What was read of a field. */
export type TakenField = Taken | Taken[] | undefined;

/** A resource of the Bundle, until it is printed. */
interface Added {
  readonly uuid: string;
  readonly mode: WriteMode;
  readonly resource: Resource;
  readonly identifier: Identifier;
  readonly patched: readonly string[] | undefined;
}

/** An entry that other messages have as well. */
export interface KeptEntry {
  readonly uuid: string;
  readonly entry: BundleEntry;
}

/** The state of one conversion. Rows write into it; nothing of it outlives the message. */
export class Run {
  readonly site: MapSite;
  readonly message: Hl7Message;
  readonly context: ConvertContext;
  readonly issues: MapIssue[] = [];
  /** Counts those past the limit too. */
  issuesRaised = 0;
  /** Whether texts mean the same as in other messages, so that what they gave there may be given again. */
  readonly canRemember: boolean;
  /** Set when somebody wants to know where each element came from. */
  readonly explainer: Explainer | undefined;
  /** The row at work, for issues. */
  row = '';
  /** Set by a converter that had to replace a code: the original, for the extension of the element. */
  original: FhirObject | undefined;
  /** By segment and field: the one read of it that there mostly is, or the list of them. */
  readonly #taken: (TakenField[] | undefined)[] = [];
  readonly #entries = new Map<string, Added | KeptEntry>();
  readonly #counts = new Map<string, number>();
  readonly #told = new Map<string, string>();
  #followed: Added[] | undefined;
  #offset: string | null | undefined;

  constructor(site: MapSite, message: Hl7Message, context: ConvertContext) {
    this.site = site;
    this.message = message;
    this.context = context;
    this.explainer = context.explain === true ? new Explainer() : undefined;
    this.canRemember = message.delimiters === standardDelimiters && this.explainer === undefined;
  }

  /** Offset of MSH-7, for times that have none. */
  get messageOffset(): string | undefined {
    if (this.#offset === undefined) this.#offset = offsetIn(this.message.first('MSH')?.get(7) ?? '') ?? null;
    return this.#offset ?? undefined;
  }

  take(segment: Hl7Segment, field: number, taken: Taken): void {
    let fields = this.#taken[segment.index];
    if (fields === undefined) {
      fields = new Array<TakenField>(segment.fieldCount + 1);
      this.#taken[segment.index] = fields;
    }
    const before = fields[field];
    if (before === undefined) fields[field] = taken;
    else if ('covers' in before) fields[field] = [before, taken];
    else before.push(taken);
  }

  takenAt(segment: Hl7Segment, field: number): TakenField {
    return this.#taken[segment.index]?.[field];
  }

  /** Past `limits.mapIssuesMax` a message is broken in kind, not in detail: the first ones say how. */
  issue(severity: MapIssue['severity'], code: MapIssue['code'], path: string, text: string): void {
    this.issuesRaised++;
    if (this.issues.length < limits.mapIssuesMax)
      this.issues.push({ severity, code, path, row: this.row, text });
  }

  /** How often a key was asked for, this time included. */
  countOf(key: string): number {
    const count = (this.#counts.get(key) ?? 0) + 1;
    this.#counts.set(key, count);
    return count;
  }

  /** Which of the segments of its name it is, from 1. */
  ordinalOf(segment: Hl7Segment): number {
    const all = this.message.all(segment.name);
    let [low, high] = [0, all.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (all[middle]!.index < segment.index) low = middle + 1;
      else high = middle;
    }
    return low + 1;
  }

  has(uuid: string): boolean {
    return this.#entries.has(uuid);
  }

  /** Whether what was told of a number agrees with what was told of it first in the message. */
  isLike(uuid: string, told: string): boolean {
    const first = this.#told.get(uuid);
    if (first === undefined) this.#told.set(uuid, told);
    return first === undefined || first === told;
  }

  /** What was built for an identity already. */
  built(uuid: string): Resource | undefined {
    const added = this.#entries.get(uuid);
    return added === undefined || 'entry' in added ? undefined : added.resource;
  }

  /** Adds a resource unless one of the same identity is there; answers its fullUrl. It may still be filled until the end. */
  add(
    mode: WriteMode,
    uuid: string,
    resource: Resource,
    identifier: Identifier,
    patched?: readonly string[],
  ): string {
    const added = { uuid, mode, resource, identifier, patched };
    this.#followed?.push(added);
    if (!this.#entries.has(uuid)) this.#entries.set(uuid, added);
    const fullUrl = `urn:uuid:${uuid}`;
    this.explainer?.added(fullUrl);
    return fullUrl;
  }

  addKept(kept: KeptEntry): void {
    if (!this.#entries.has(kept.uuid)) this.#entries.set(kept.uuid, kept);
  }

  /** Watches what is added from here on; the answer ends it and tells. */
  followAdded(): () => readonly Added[] {
    const followed: Added[] = [];
    this.#followed = followed;
    return () => {
      this.#followed = undefined;
      return followed;
    };
  }

  /** Resources as they were built, by fullUrl. */
  *builtResources(): Generator<readonly [fullUrl: string, resource: Resource]> {
    for (const added of this.#entries.values())
      yield [`urn:uuid:${added.uuid}`, 'entry' in added ? added.entry.resource : added.resource];
  }

  keptEntry({ uuid, mode, resource, identifier }: Added): KeptEntry {
    return { uuid, entry: keep(copyOf(bundleEntry(this.site.settings, mode, uuid, resource, identifier))) };
  }

  bundleEntries(): readonly BundleEntry[] {
    const entries: BundleEntry[] = [];
    for (const added of this.#entries.values()) {
      if ('entry' in added) entries.push(added.entry);
      else
        entries.push(
          bundleEntry(
            this.site.settings,
            added.mode,
            added.uuid,
            added.resource,
            added.identifier,
            added.patched,
          ),
        );
    }
    return entries;
  }
}

/** `PID-7`, `PID-5[2].1`, `OBX[2]-5`: the path of an element, as the parser reads it. Numbers stand only where there are several. */
export function pathOf(
  run: Run,
  segment: Hl7Segment,
  field: number,
  rep = 0,
  component = 0,
  subcomponent = 0,
): string {
  const nth = run.ordinalOf(segment);
  const repText = rep > 0 && segment.repetitions(field) > 1 ? `[${rep}]` : '';
  const componentText = component > 0 ? `.${component}${subcomponent > 0 ? `.${subcomponent}` : ''}` : '';
  return `${segment.name}${nth > 1 ? `[${nth}]` : ''}-${field}${repText}${componentText}`;
}
