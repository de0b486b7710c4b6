import {
  type FhirObject,
  type FhirValue,
  type Identifier,
  isObject,
  type Resource,
} from '../../bundle/bundle.ts';
import { joinParts } from '../../identity/uuid.ts';
import type { Run } from '../run.ts';
import { type Frame, parseSource, readSource, type Slots, type SourcePath } from './frame.ts';
import type { MadeResources } from './made-resources.ts';
import type { ResourceSpec } from './schema.ts';

type Fail = (why: string) => never;

/** Gives resources of a kind their identity. */
export interface Identify {
  /** `isOneOfMany`: another resource of the message has the same key; `apart` tells them apart. */
  of(
    run: Run,
    made: MadeResources,
    frame: Frame,
    resource: Resource,
    isOneOfMany: boolean,
  ): { readonly uuid: string; readonly identifier: Identifier };
  /** What the key of a frame says, before there is a resource. */
  textOf(made: MadeResources, frame: Frame): string;
}

/** Key parts of one alternative: the identity of another resource of the message, or the text of a source. */
type SourcePart = SourcePath & { readonly isRequired: boolean };
type KeyPart = { readonly spec: ResourceSpec } | SourcePart;

/** How resources of a kind are identified: the first alternative of their `key` that is there. */
export function compileKey(
  spec: ResourceSpec,
  earlier: readonly ResourceSpec[],
  slots: Slots,
  fail: Fail,
): Identify {
  const partOf = (text: string): KeyPart => {
    const other = earlier.find((resource) => resource.name === text);
    if (other !== undefined) return { spec: other };
    const isRequired = text.endsWith('!');
    const source = parseSource(isRequired ? text.slice(0, -1) : text, slots);
    if (source === null) return fail(`key: ${text} is neither a resource before it nor a source`);
    return { ...source, isRequired };
  };
  const alternatives = spec.key.map((one) => (one === 'identifier' ? one : one.map(partOf)));
  const apart = spec.apart === undefined ? undefined : partOf(spec.apart);
  /** What a resource says of itself, whosever it is. */
  const told = [...alternatives.flat(), apart].filter(
    (part): part is SourcePart => typeof part === 'object' && !('spec' in part),
  );
  const partsOf = (made: MadeResources, frame: Frame): string[] | undefined => {
    for (const alternative of alternatives) {
      if (alternative === 'identifier') continue;
      const parts = alternative.map((part) => partText(part, made, frame));
      if (isThere(alternative, parts)) return parts;
    }
    return undefined;
  };
  return {
    textOf: (made, frame) => joinParts(partsOf(made, frame) ?? []),
    of(run, made, frame, resource, isOneOfMany) {
      const identifier = alternatives[0] === 'identifier' ? businessIdentifier(resource, spec) : undefined;
      if (identifier !== undefined) {
        const found = keyed(run, resource, identifier);
        if (spec.again === 'unlike') {
          const text = joinParts(told.map((part) => readSource(frame, part)));
          if (run.isLike(found.uuid, text)) return found;
          withoutNumber(run, frame, resource, identifier);
        } else if (spec.again !== 'other' || !run.has(found.uuid)) return found;
      }
      const parts = partsOf(made, frame);
      if (parts === undefined) return own(run, spec, resource, lonelyParts(alternatives, run, made, frame));
      if (isOneOfMany && apart !== undefined) parts.push(partText(apart, made, frame));
      return own(run, spec, resource, parts);
    },
  };
}

/** Two things of one number would make the receiver refuse the next message that has it: it finds both. */
function withoutNumber(run: Run, { anchor }: Frame, resource: Resource, { system, value }: Identifier): void {
  const left = (resource.identifier as FhirObject[]).filter(
    (one) => one.system !== system || one.value !== value,
  );
  if (left.length === 0) delete resource.identifier;
  else resource.identifier = left;
  const text = `${resource.resourceType} ${value} is another thing before this one, which goes without the number`;
  run.issue('warning', 'duplicate', anchor.name, text);
}

/** A key is more than whose resource it is: something of its own segments is in it, and all that must be there is. */
function isThere(alternative: readonly KeyPart[], parts: readonly string[]): boolean {
  let hasSource = false;
  for (let at = 0; at < parts.length; at++) {
    const part = alternative[at]!;
    if ('spec' in part) continue;
    if (parts[at] !== '') hasSource = true;
    else if (part.isRequired) return false;
  }
  return hasSource;
}

/**
 * Nothing of its own tells which one it is: whose it is and its place must do. Where it is nobody's either, the place is one in this
 * message only: the first PID without a number of today is not the first one of yesterday.
 */
function lonelyParts(
  alternatives: readonly ('identifier' | readonly KeyPart[])[],
  run: Run,
  made: MadeResources,
  frame: Frame,
): readonly string[] {
  const parents = parentsOf(alternatives, made, frame);
  const header = run.message.first('MSH');
  const message = parents.some((uuid) => uuid !== '')
    ? []
    : [3, 4, 10, 7].map((field) => header?.value(field) ?? '');
  return [...parents, ...message, anchorOrdinal(run, frame)];
}

const parentsOf = (
  alternatives: readonly ('identifier' | readonly KeyPart[])[],
  made: MadeResources,
  frame: Frame,
) =>
  [
    ...new Set(
      alternatives.flatMap((one) => (one === 'identifier' ? [] : one.filter((part) => 'spec' in part))),
    ),
  ].map((part) => partText(part, made, frame));

function partText(part: KeyPart, made: MadeResources, frame: Frame): string {
  if ('spec' in part) return made.find(part.spec, frame)?.uuid ?? '';
  return readSource(frame, part);
}

const anchorOrdinal = (run: Run, { anchor }: Frame): string => `${anchor.name}[${run.ordinalOf(anchor)}]`;

/** `masterIdentifier` is what a search for an identifier finds as well (FHIR R4 10.8, DocumentReference). */
function businessIdentifier(
  resource: Resource,
  { prefer, prior }: Pick<ResourceSpec, 'prefer' | 'prior'>,
): Identifier | undefined {
  const { identifier, masterIdentifier } = resource;
  if (isObject(masterIdentifier)) return masterIdentifier as unknown as Identifier;
  if (identifier === undefined) return undefined;
  const list = (identifier as FhirObject[]).filter(
    (one) => typeof one.system === 'string' && typeof one.value === 'string',
  );
  if (list.length === 0) return undefined;
  const current = list.filter((one) => (one.use === 'old') === prior);
  const candidates = current.length > 0 ? current : list;
  for (const type of prefer) {
    const found = candidates.find((one) => typeCode(one) === type);
    if (found !== undefined) return found as unknown as Identifier;
  }
  return candidates[0] as unknown as Identifier;
}

function typeCode(identifier: FhirObject): FhirValue | undefined {
  const coding = (identifier.type as FhirObject | undefined)?.coding as FhirObject[] | undefined;
  return coding?.[0]?.code;
}

function keyed(run: Run, resource: Resource, { system, value }: Identifier): ReturnType<Identify['of']> {
  return { uuid: run.site.uuid(resource.resourceType, system, value), identifier: { system, value } };
}

/**
 * An identifier of ours; the second resource of the same key in one message gets an ordinal, so that none is lost, unless its map says that
 * it is the same thing again.
 */
function own(
  run: Run,
  spec: ResourceSpec,
  resource: Resource,
  parts: readonly string[],
): ReturnType<Identify['of']> {
  const { site } = run;
  const system = site.systems.local(spec.write === 'record' ? 'message-part' : (spec.space ?? spec.name));
  const first = site.uuid(resource.resourceType, ...parts);
  const nth = run.countOf(first);
  const value =
    nth === 1 || spec.again === 'once' ? first : site.uuid(resource.resourceType, ...parts, String(nth));
  const { uuid } = keyed(run, resource, { system, value });
  const identifier = { system, value };
  if (spec.write !== 'record') {
    const before = resource.identifier as FhirValue[] | undefined;
    resource.identifier = before === undefined ? [{ ...identifier }] : [...before, { ...identifier }];
  }
  return { uuid, identifier };
}
