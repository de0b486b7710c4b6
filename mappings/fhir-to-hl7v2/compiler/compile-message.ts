import { BitHiveError } from '../../../core/errors.ts';
import type { OutboundSegment } from '../../../formats/hl7v2/index.ts';
import type { YamlFile } from '../../hl7v2/compiler/yaml-file.ts';
import { isObject } from '../resource-graph.ts';
import type { JsonObject, Node, OutboundRun } from '../run.ts';
import { compileNodeCondition, told } from './compile-row.ts';
import type { CompiledSegment } from './compile-segment.ts';
import { compileNodePath, type NodeReader } from './node-path.ts';
import type { OutItem, OutMessage } from './schema.ts';

export interface MessageEvent {
  readonly type: string;
  readonly event: string;
  readonly structure: string;
}

export interface CompiledOutMessage {
  readonly name: string;
  readonly focus: readonly string[];
  /** Undefined: nothing is sent of this one. */
  eventOf(run: OutboundRun, focus: JsonObject): MessageEvent | undefined;
  make(run: OutboundRun, focus: JsonObject): readonly OutboundSegment[];
  /** Types of resource of which segments are made. */
  readonly sources: ReadonlySet<string>;
  /** Whether a row reads the element, or the file says why none does. */
  covers(resourceType: string, element: string): boolean;
}

export function compileOutMessage(
  file: YamlFile<OutMessage>,
  segments: ReadonlyMap<string, CompiledSegment>,
): CompiledOutMessage {
  const { message, focus, events, ignore } = file.content;
  const whens = events.map(({ when }, index) =>
    when === undefined
      ? () => true
      : told(
          'when',
          (_, why): never => file.fail(['events', index, 'when'], why),
          () => compileNodeCondition(when),
        ),
  );
  const read = new Set<string>();
  const sources = new Set(focus);
  const items = file.content.segments.map((item, index) =>
    compileItem(item, ['segments', index], { file, segments, read, sources }, focus),
  );
  return {
    name: message,
    focus,
    sources,
    eventOf(run, resource) {
      // A message that says what it is about is believed where it can be that.
      const told = isObject(run.roots.header ?? null)
        ? eventCodeOf(run.roots.header as JsonObject)
        : undefined;
      const named = events.find(({ event }) => event === told);
      return named ?? events.find((_, index) => whens[index]?.(run, resource));
    },
    make(run, resource) {
      const writing: Writing = { run, segments: [], counts: new Map(), written: new Set() };
      for (const item of items) item(writing, resource, '');
      return writing.segments;
    },
    covers: (type, element) =>
      read.has(`${type}.${element}`) || `${type}.${element}` in ignore || element in ignore,
  };
}

function eventCodeOf(header: JsonObject): Node | undefined {
  return isObject(header.eventCoding) ? header.eventCoding.code : undefined;
}

interface Writing {
  readonly run: OutboundRun;
  readonly segments: OutboundSegment[];
  /** Of each segment since the last that resets it. */
  readonly counts: Map<string, number>;
  readonly written: Set<Node>;
}
type Write = (writing: Writing, node: Node, sub: string) => void;

interface Place {
  readonly file: YamlFile<OutMessage>;
  readonly segments: ReadonlyMap<string, CompiledSegment>;
  readonly read: Set<string>;
  readonly sources: Set<string>;
}

function compileItem(
  item: OutItem,
  path: readonly PropertyKey[],
  place: Place,
  above: readonly string[],
): Write {
  const { file, segments, read } = place;
  const fail = (key: string, why: string): never => file.fail([...path, key], `${item.segment}: ${why}`);
  const map = segments.get(item.map) ?? fail('map', `no map segments/${item.map}.yaml`);
  if (map.segment !== item.segment) fail('map', `${item.map} is a map of ${map.segment}`);
  const condition = (key: 'when' | 'numbered' | 'silent', otherwise: boolean) => {
    const text = item[key];
    return text === undefined ? () => otherwise : told(key, fail, () => compileNodeCondition(text));
  };
  const holds = condition('when', true);
  const isNumbered = condition('numbered', false);
  const isSilent = condition('silent', false);
  const types = item.of === undefined ? above : map.source.includes('.') ? [] : [map.source];
  for (const type of types) if (item.of !== undefined) place.sources.add(type);
  for (const type of types) for (const name of map.reads) read.add(`${type}.${name}`);
  const paths =
    item.of === undefined
      ? []
      : [item.of].flat().map((text) => told('of', fail, () => compileNodePath(text)));
  for (const { first } of paths) for (const type of above) read.add(`${type}.${first}`);
  const children = item.children.map((one, index) =>
    compileItem(one, [...path, 'children', index], place, types),
  );
  return (writing, node, sub) => {
    const nodes = nodesOf(writing, node, paths, item);
    if (nodes.length === 0 && item.required)
      throw new BitHiveError(
        'BH_MAP_FAILED',
        `nothing for ${item.segment}: ${[item.of ?? '.'].flat().join(', ')} is missing`,
      );
    let nth = 0;
    for (const one of nodes) {
      if (!holds(writing.run, one)) continue;
      nth++;
      const own = isNumbered(writing.run, one) ? (sub === '' ? String(nth) : `${sub}.${nth}`) : sub;
      if (!isSilent(writing.run, one)) writeSegment(writing, item, map, one, own);
      for (const child of children) child(writing, one, own);
    }
  };
}

function nodesOf(
  { run, written }: Writing,
  node: Node,
  paths: readonly { readonly read: NodeReader }[],
  { once, max, of }: OutItem,
): readonly Node[] {
  if (of === undefined) return [node];
  for (const { read } of paths) {
    const found = read(run, node);
    const left = once ? [...new Set(found)].filter((one) => !written.has(one)) : found;
    if (once) for (const one of left) written.add(one);
    if (left.length > 0) return max === undefined ? left : left.slice(0, max);
  }
  return [];
}

function writeSegment(writing: Writing, item: OutItem, map: CompiledSegment, node: Node, sub: string): void {
  const { run, counts, segments } = writing;
  const number = (counts.get(item.segment) ?? 0) + 1;
  counts.set(item.segment, number);
  for (const name of item.resets) counts.delete(name);
  run.roots.number = String(number);
  run.roots.sub = sub;
  segments.push(map.make(run, node));
}
