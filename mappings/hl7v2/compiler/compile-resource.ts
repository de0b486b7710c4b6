import type { FhirValue, Resource } from '../../bundle/bundle.ts';
import { keep } from '../../bundle/kept.ts';
import type { Run } from '../run.ts';
import { compileKey } from './compile-key.ts';
import { compileBack, compileLink, compilePeers } from './compile-link.ts';
import { compilePart } from './compile-parts.ts';
import { type CompiledRow, compileRows, writeRows } from './compile-rows.ts';
import { hasChoice } from './contained.ts';
import { type Frame, frameCondition, Slots } from './frame.ts';
import { allGroups, framesOf, type GroupsOf } from './frames-of.ts';
import type { Made, MadeResources } from './made-resources.ts';
import { rememberPlace } from './places.ts';
import type { Vocabulary } from './row-options.ts';
import type { MessageFile, ResourceSpec, SegmentFile } from './schema.ts';
import type { YamlFile } from './yaml-file.ts';

export interface CompiledResource {
  readonly spec: ResourceSpec;
  /** Makes every resource of this kind that the message gives. */
  make(run: Run, made: MadeResources, groups: GroupsOf): void;
}

export function compileResource(
  file: YamlFile<MessageFile>,
  index: number,
  maps: ReadonlyMap<string, YamlFile<SegmentFile>>,
  vocabulary: Vocabulary,
  ignore: (segment: string, field: number) => void,
): CompiledResource {
  const spec = file.content.resources[index] as ResourceSpec;
  const fail = (why: string): never => file.fail(['resources', index], `resource ${spec.name}: ${why}`);
  rememberPlace(spec, () => file.at(['resources', index]));
  const slots = new Slots(vocabulary.settings);
  const anchors = typeof spec.anchor === 'string' ? [spec.anchor] : spec.anchor;
  for (const anchor of anchors) slots.of(anchor);
  const rowsOf = (name: string, target: (type: string) => boolean): readonly CompiledRow[] => {
    const map = maps.get(name) ?? fail(`unknown map: ${name}`);
    if (!target(map.content.target)) fail(`map ${name} is for ${map.content.target}`);
    return compileRows(map, vocabulary, slots, ignore);
  };
  const rows = spec.maps.flatMap((name) => rowsOf(name, (target) => target === spec.type));
  const parts = spec.parts.map((part) => compilePart(spec, part, rowsOf, slots, fail));
  const holds = conditionOf(spec.when, slots);
  const earlier = file.content.resources.slice(0, index);
  const links = Object.entries(spec.link).flatMap(([to, one]) =>
    (Array.isArray(one) ? one : [one]).map((link) => {
      const write = compileLink(spec, to, link, file.content, fail);
      const isMeant = typeof link === 'string' ? undefined : conditionOf(link.when, slots);
      if (isMeant === undefined) return write;
      const writeIfMeant: typeof write = (run, made, frame, resource) => {
        if (isMeant(frame)) write(run, made, frame, resource);
      };
      return writeIfMeant;
    }),
  );
  const backs = (Array.isArray(spec.back) ? spec.back : spec.back === undefined ? [] : [spec.back]).map(
    (one) => compileBack(one, earlier, rowsOf, conditionOf(one.when, slots), fail),
  );
  if ((spec.write === 'patch') !== spec.patch.length > 0)
    fail('write: patch and the elements to patch go together');
  const peers = spec.peers === undefined ? undefined : compilePeers(spec, spec.peers, slots, fail);
  const identify = compileKey(spec, earlier, slots, fail);
  const defaults = (Object.entries(keep(spec.defaults)) as [string, FhirValue][]).map(([name, value]) => ({
    name,
    value,
    // `_end` stands in for `end`, which may be there.
    plain: name.replace(/^_/, ''),
    // `medication[x]` holds the element to set when none of the choice is there.
    choice: name.endsWith('[x]') ? name.slice(0, -3) : undefined,
    text: `${spec.type}.${name.replace(/^_/, '')} is required; filled in`,
  }));

  const makeOne = (run: Run, made: MadeResources, frame: Frame, isOneOfMany: boolean): void => {
    if (holds?.(frame) === false) return;
    const resource: Resource = { resourceType: spec.type };
    writeRows(rows, run, frame, resource);
    for (const part of parts) part(run, frame, resource);
    for (const link of links) link(run, made, frame, resource);
    for (const { name, plain, choice, value, text } of defaults) {
      if (choice === undefined) {
        if (resource[name] !== undefined || resource[plain] !== undefined) continue;
        resource[name] = value;
      } else {
        if (hasChoice(resource, choice)) continue;
        Object.assign(resource, value);
      }
      run.row = spec.name;
      run.issue('information', 'required', frame.anchor.name, text);
    }
    if (spec.write === 'contained') {
      made.add({ spec, resource, frame, uuid: '', fullUrl: '', identifier: { system: '', value: '' } });
      return;
    }
    const { uuid, identifier } = identify.of(run, made, frame, resource, isOneOfMany);
    run.row = spec.name;
    if (spec.again === 'error' && (spec.write === 'update' || spec.write === 'patch') && run.has(uuid)) {
      run.issue(
        'error',
        'duplicate',
        frame.anchor.name,
        `${spec.type} ${identifier.value} is there twice; the first stands`,
      );
    }
    const fullUrl = run.add(spec.write, uuid, resource, identifier, spec.patch);
    run.explainer?.made(fullUrl, { label: spec.name, thing: spec, input: frame.anchor.name });
    // What others write into a thing that is told of again goes into the first.
    const first = spec.again === 'same' ? (run.built(uuid) ?? resource) : resource;
    const one: Made = { spec, resource: first, frame, uuid, fullUrl, identifier };
    made.add(one);
    for (const back of backs) back(run, made, one);
  };
  const makeAll = (run: Run, made: MadeResources, frames: readonly Frame[]): void => {
    const isApart = spec.apart !== undefined && frames.length > 1;
    const keys = isApart ? frames.map((frame) => identify.textOf(made, frame)) : [];
    const isMany = repeatedIn(keys);
    for (const [at, frame] of frames.entries()) makeOne(run, made, frame, isApart && isMany.has(keys[at]!));
  };
  return {
    spec,
    make(run, made, groups) {
      const own = spec.group === undefined ? undefined : groups(spec.group);
      const frames = framesOf(run.message, spec, anchors, slots, own, allGroups(file.content, groups));
      const first = made.list.length;
      makeAll(run, made, frames);
      peers?.(made.list.slice(first));
    },
  };
}

const conditionOf = (text: string | undefined, slots: Slots): ((frame: Frame) => boolean) | undefined =>
  text === undefined ? undefined : frameCondition(text, slots);

function repeatedIn(keys: readonly string[]): ReadonlySet<string> {
  const seen = new Set<string>();
  return new Set(keys.filter((key) => seen.size === seen.add(key).size));
}
