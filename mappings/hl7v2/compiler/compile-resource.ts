import type { Hl7Message, Hl7Segment } from '../../../formats/hl7v2/index.ts';
import type { FhirObject, FhirValue, Identifier, Resource } from '../../bundle/bundle.ts';
import type { Run } from '../run.ts';
import { compileRows, type WriteRow } from './compile-rows.ts';
import { type Frame, frameCondition, parseSource, readSource, Slots, type SourcePath } from './frame.ts';
import { compileOutputPath } from './output-path.ts';
import { deepFreeze, fixedOf, type Vocabulary } from './row-options.ts';
import type { MessageFile, ResourceSpec, SegmentFile } from './schema.ts';
import type { YamlFile } from './yaml-file.ts';

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

export interface CompiledResource {
  readonly spec: ResourceSpec;
  /** Makes every resource of this kind that the message gives. */
  make(run: Run, made: MadeResources, groups: GroupsOf): void;
}

/** Group number of each segment, by group name. */
export type GroupsOf = (group: string) => readonly number[];

type LinkWrite = (run: Run, made: MadeResources, frame: Frame, resource: Resource) => void;

export function compileResource(
  file: YamlFile<MessageFile>,
  index: number,
  maps: ReadonlyMap<string, YamlFile<SegmentFile>>,
  vocabulary: Vocabulary,
  ignore: (segment: string, field: number) => void,
): CompiledResource {
  const spec = file.content.resources[index] as ResourceSpec;
  const fail = (why: string): never => file.fail(['resources', index], `resource ${spec.name}: ${why}`);
  const slots = new Slots();
  const anchors = typeof spec.anchor === 'string' ? [spec.anchor] : spec.anchor;
  for (const anchor of anchors) slots.of(anchor);
  const rowsOf = (name: string, target: (type: string) => boolean): readonly WriteRow[] => {
    const map = maps.get(name) ?? fail(`unknown map: ${name}`);
    if (!target(map.content.target)) fail(`map ${name} is for ${map.content.target}`);
    return compileRows(map, vocabulary, slots, ignore);
  };
  const rows = spec.maps.flatMap((name) => rowsOf(name, (target) => target === spec.type));
  const holds = spec.when === undefined ? undefined : frameCondition(spec.when, slots);
  const earlier = file.content.resources.slice(0, index);
  const links = Object.entries(spec.link).flatMap(([to, one]) =>
    (Array.isArray(one) ? one : [one]).map((link) => compileLink(spec, to, link, file.content, fail)),
  );
  const back = spec.back === undefined ? undefined : compileBack(spec.back, earlier, rowsOf, fail);
  const identify = compileKey(spec, earlier, slots, fail);
  const defaults = Object.entries(deepFreeze(spec.defaults)) as [string, FhirValue][];

  const makeOne = (run: Run, made: MadeResources, frame: Frame): void => {
    if (holds?.(frame) === false) return;
    const resource: Resource = { resourceType: spec.type };
    for (const write of rows) write(run, frame, resource);
    for (const link of links) link(run, made, frame, resource);
    for (const [name, value] of defaults) {
      if (resource[name] !== undefined) continue;
      resource[name] = value;
      run.row = spec.name;
      run.issue('information', 'required', frame.anchor.name, `${spec.type}.${name} is required; filled in`);
    }
    const { uuid, identifier } = identify(run, made, frame, resource);
    run.row = spec.name;
    if (spec.write === 'update' && run.has(uuid)) {
      run.issue(
        'error',
        'duplicate',
        frame.anchor.name,
        `${spec.type} ${identifier.value} is there twice; the first stands`,
      );
    }
    const fullUrl = run.add(spec.write, uuid, resource, identifier);
    const one: Made = { spec, resource, frame, uuid, fullUrl, identifier };
    made.add(one);
    back?.(run, made, one);
  };
  return {
    spec,
    make(run, made, groups) {
      const numbers = spec.group === undefined ? undefined : groups(spec.group);
      for (const frame of framesOf(
        run.message,
        spec,
        anchors,
        slots,
        numbers,
        allGroups(file.content, groups),
      )) {
        makeOne(run, made, frame);
      }
    },
  };
}

/** For a resource outside of groups: which segments belong to some group, so that an order's OBX is not the patient's. */
function allGroups(file: MessageFile, groups: GroupsOf): readonly (readonly number[])[] {
  return Object.keys(file.groups).map(groups);
}

function framesOf(
  message: Hl7Message,
  spec: ResourceSpec,
  anchors: readonly string[],
  slots: Slots,
  numbers: readonly number[] | undefined,
  others: readonly (readonly number[])[],
): readonly Frame[] {
  const isGrouped = (segment: Hl7Segment): boolean => others.some((group) => group[segment.index]! >= 0);
  const byGroup = new Map<number, Hl7Segment[]>();
  for (const name of anchors) {
    for (const segment of message.all(name)) {
      const group = numbers === undefined ? -1 : numbers[segment.index]!;
      if (numbers === undefined ? isGrouped(segment) : group < 0) continue;
      const found = byGroup.get(group);
      if (found === undefined) byGroup.set(group, [segment]);
      else if (spec.each) found.push(segment);
    }
  }
  const frames: Frame[] = [];
  for (const [group, found] of byGroup) {
    for (const anchor of found) frames.push(frameOf(message, spec, anchor, group, slots, numbers));
  }
  return anchors.length > 1 ? frames.sort((a, b) => a.group - b.group) : frames;
}

function frameOf(
  message: Hl7Message,
  spec: ResourceSpec,
  anchor: Hl7Segment,
  group: number,
  slots: Slots,
  numbers: readonly number[] | undefined,
): Frame {
  const filled = slots.names.map((name) => {
    if (name === anchor.name) return [anchor];
    if (spec.trailing.includes(name)) return trailing(message, anchor, name, spec.trailing);
    const all = message.all(name);
    if (numbers === undefined) return all;
    const own = all.filter((segment) => numbers[segment.index] === group);
    return own.length > 0 || all.some((segment) => numbers[segment.index]! >= 0) ? own : all;
  });
  return { anchor, group, slots: filled };
}

/** Segments of a name after the anchor, up to the next segment that is neither trailing nor a Z segment. */
function trailing(
  message: Hl7Message,
  anchor: Hl7Segment,
  name: string,
  kinds: readonly string[],
): Hl7Segment[] {
  const found: Hl7Segment[] = [];
  for (let index = anchor.index + 1; index < message.segments.length; index++) {
    const segment = message.segments[index] as Hl7Segment;
    if (segment.name === name) found.push(segment);
    else if (!kinds.includes(segment.name) && !segment.name.startsWith('Z')) break;
  }
  return found;
}

type Fail = (why: string) => never;

function compileLink(
  spec: ResourceSpec,
  to: string,
  link: string | { readonly resource: string; readonly with?: object | undefined },
  file: MessageFile,
  fail: Fail,
): LinkWrite {
  const path = compileOutputPath(spec.type, to, fail);
  if (!path.types.includes('Reference')) fail(`${to} is not a reference`);
  const { resource: name, with: fixed } =
    typeof link === 'string' ? { resource: link, with: undefined } : link;
  const other =
    file.resources.find((one) => one.name === name) ??
    fail(`links to ${name}, which is none of this message`);
  const frozen = fixedOf(fixed);
  const put = (resource: Resource, fullUrl: string) =>
    path.put(resource, { reference: fullUrl }, frozen, undefined);
  const isOfMessage =
    spec.group === undefined && (other.group !== undefined || (other.each && spec.write === 'record'));
  if (path.isAppending && isOfMessage) {
    return (_run, made, _frame, resource) => {
      for (const one of made.list) if (one.spec === other) put(resource, one.fullUrl);
    };
  }
  return (_run, made, frame, resource) => {
    if (!path.isAppending && path.isSet(resource)) return;
    const found = made.find(name, frame, other.each);
    if (found !== undefined) put(resource, found.fullUrl);
  };
}

function compileBack(
  back: NonNullable<ResourceSpec['back']>,
  earlier: readonly ResourceSpec[],
  rowsOf: (name: string, target: (type: string) => boolean) => readonly WriteRow[],
  fail: Fail,
): (run: Run, made: MadeResources, one: Made) => void {
  const other =
    earlier.find((one) => one.name === back.resource) ?? fail(`back: ${back.resource} is not made before it`);
  const path = compileOutputPath(other.type, back.to, fail);
  const element = back.to.split('.').slice(0, -1).join('.').replace(/\[.\]/g, '');
  const rows =
    back.map === undefined ? [] : rowsOf(back.map, (target) => target === `${other.type}.${element}`);
  const fixed = fixedOf(back.with);
  return (run, made, one) => {
    const holder = made.find(back.resource, one.frame, other.each);
    if (holder === undefined) return;
    const beside: FhirObject = {};
    for (const write of rows) write(run, one.frame, beside);
    path.put(holder.resource, { reference: one.fullUrl }, { ...fixed, ...beside }, undefined);
  };
}

type Identify = (
  run: Run,
  made: MadeResources,
  frame: Frame,
  resource: Resource,
) => { uuid: string; identifier: Identifier };

/** Key parts of one alternative: the identity of another resource of the message, or the text of a source. */
type KeyPart = { readonly name: string; readonly isEach: boolean } | SourcePath;

function compileKey(
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
          if (other !== undefined) return { name: part, isEach: other.each };
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
      if (parts.some((part, at) => part !== '' && !('name' in alternative[at]!)))
        return own(run, spec, resource, parts);
    }
    return own(run, spec, resource, [...parentsOf(alternatives, made, frame), anchorOrdinal(run, frame)]);
  };
}

const parentsOf = (
  alternatives: readonly ('identifier' | readonly KeyPart[])[],
  made: MadeResources,
  frame: Frame,
) =>
  [
    ...new Set(
      alternatives.flatMap((one) => (one === 'identifier' ? [] : one.filter((part) => 'name' in part))),
    ),
  ].map((part) => partText(part, made, frame));

function partText(part: KeyPart, made: MadeResources, frame: Frame): string {
  if ('name' in part) return made.find(part.name, frame, part.isEach)?.uuid ?? '';
  return readSource(frame, part);
}

const anchorOrdinal = (run: Run, { anchor }: Frame): string =>
  `${anchor.name}[${run.message.all(anchor.name).indexOf(anchor) + 1}]`;

function businessIdentifier(resource: Resource, prefer: readonly string[]): Identifier | undefined {
  const list = (resource.identifier as FhirObject[] | undefined)?.filter(
    (one) => typeof one.system === 'string' && typeof one.value === 'string',
  );
  if (list === undefined || list.length === 0) return undefined;
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
  if (spec.write !== 'record')
    resource.identifier = [...((resource.identifier as FhirValue[] | undefined) ?? []), { ...identifier }];
  return { uuid, identifier };
}
