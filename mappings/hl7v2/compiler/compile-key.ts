import type { FhirObject, FhirValue, Identifier, Resource } from '../../bundle/bundle.ts';
import type { Run } from '../run.ts';
import { type Frame, parseSource, readSource, type Slots, type SourcePath } from './frame.ts';
import type { MadeResources } from './made-resources.ts';
import type { ResourceSpec } from './schema.ts';

type Fail = (why: string) => never;
type Identify = (
  run: Run,
  made: MadeResources,
  frame: Frame,
  resource: Resource,
) => { uuid: string; identifier: Identifier };

/** Key parts of one alternative: the identity of another resource of the message, or the text of a source. */
type KeyPart = { readonly spec: ResourceSpec } | SourcePath;

/** How resources of a kind are identified: the first alternative of their `key` that is there. */
export function compileKey(
  spec: ResourceSpec,
  earlier: readonly ResourceSpec[],
  slots: Slots,
  fail: Fail,
): Identify {
  const alternatives = spec.key.map((one) =>
    one === 'identifier'
      ? one
      : one.map((part): KeyPart => {
          const other = earlier.find((resource) => resource.name === part);
          if (other !== undefined) return { spec: other };
          return (
            parseSource(part, slots) ?? fail(`key: ${part} is neither a resource before it nor a source`)
          );
        }),
  );
  return (run, made, frame, resource) => {
    for (const alternative of alternatives) {
      if (alternative === 'identifier') {
        const identifier = businessIdentifier(resource, spec.prefer);
        if (identifier !== undefined) return keyed(run, resource, identifier);
        continue;
      }
      const parts = alternative.map((part) => partText(part, made, frame));
      if (hasSource(alternative, parts)) return own(run, spec, resource, parts);
    }
    return own(run, spec, resource, [...parentsOf(alternatives, made, frame), anchorOrdinal(run, frame)]);
  };
}

/** A key is more than whose resource it is: something of its own segments is in it. */
function hasSource(alternative: readonly KeyPart[], parts: readonly string[]): boolean {
  for (let at = 0; at < parts.length; at++)
    if (parts[at] !== '' && !('spec' in alternative[at]!)) return true;
  return false;
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

const anchorOrdinal = (run: Run, { anchor }: Frame): string =>
  `${anchor.name}[${run.message.all(anchor.name).indexOf(anchor) + 1}]`;

function businessIdentifier(resource: Resource, prefer: readonly string[]): Identifier | undefined {
  const { identifier } = resource;
  if (identifier === undefined) return undefined;
  const list = (identifier as FhirObject[]).filter(
    (one) => typeof one.system === 'string' && typeof one.value === 'string',
  );
  if (list.length === 0) return undefined;
  const current = list.filter((one) => one.use !== 'old');
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

function keyed(run: Run, resource: Resource, { system, value }: Identifier): ReturnType<Identify> {
  return { uuid: run.site.uuid(resource.resourceType, system, value), identifier: { system, value } };
}

/** An identifier of ours; the second resource of the same key in one message gets an ordinal, so that none is lost. */
function own(
  run: Run,
  spec: ResourceSpec,
  resource: Resource,
  parts: readonly string[],
): ReturnType<Identify> {
  const { site } = run;
  const system = site.systems.local(spec.write === 'record' ? 'message-part' : spec.name);
  let value = site.uuid(resource.resourceType, ...parts);
  let { uuid } = keyed(run, resource, { system, value });
  for (let nth = 2; run.has(uuid); nth++) {
    value = site.uuid(resource.resourceType, ...parts, String(nth));
    uuid = keyed(run, resource, { system, value }).uuid;
  }
  const identifier = { system, value };
  if (spec.write !== 'record') {
    const before = resource.identifier as FhirValue[] | undefined;
    resource.identifier = before === undefined ? [{ ...identifier }] : [...before, { ...identifier }];
  }
  return { uuid, identifier };
}
