import type { z } from 'zod';
import { assert } from '../../core/assert.ts';
import { BitHiveError } from '../../core/errors.ts';
import type { MessageKind } from '../../core/message.ts';
import type { Destination } from '../../core/ports/index.ts';
import { compileCondition } from '../../mappings/expression/condition.ts';
import { orderingKeys } from '../../mappings/hl7v2/ordering-keys.ts';
import { type PathReader, pathsOf } from '../process/paths.ts';
import type { Step } from '../process/step.ts';
import type { Subject } from '../process/subject.ts';
import type { ChannelCatalog, DestinationKind, SourceKind } from './catalog.ts';
import {
  type ChannelDefinition,
  channelSchema,
  destinationCommonSchema,
  type RetryPolicy,
} from './definition.ts';
import { placed } from './placed.ts';
import {
  type Environment,
  readYamlFile,
  schemaFault,
  substituteEnvironment,
  type YamlFile,
} from './read-yaml.ts';

/** A destination of a channel, checked but not yet opened. */
export interface CompiledDestination {
  readonly name: string;
  readonly kind: DestinationKind<unknown>;
  readonly settings: unknown;
  /** `file:line`, for what is found wrong later. */
  readonly place: string;
  readonly retry: RetryPolicy;
  readonly when: (subject: Subject) => boolean;
}

/** A door of a channel, checked but not yet opened. */
export interface CompiledSource {
  readonly kind: SourceKind<unknown>;
  readonly settings: unknown;
  readonly place: string;
}

/** A destination that a step names in whatever channel. */
export interface CompiledReturn {
  readonly channel: string;
  readonly destination: string;
  readonly place: string;
}

/** A channel file that passed every check. Opening its doors is the runtime's work. */
export interface CompiledChannel {
  readonly name: string;
  readonly text: string;
  readonly definition: ChannelDefinition;
  readonly sources: readonly CompiledSource[];
  /** What comes in at its doors. */
  readonly messageKind: MessageKind;
  readonly filter: (subject: Subject) => boolean;
  readonly keys: PathReader<Subject>;
  readonly steps: readonly Step[];
  readonly destinations: readonly CompiledDestination[];
  /** By what the originals left of which results come in here. */
  readonly returns: readonly CompiledReturn[];
  /** A step of it depends on the version of the map. */
  readonly readsMap: boolean;
  readonly fallbackCharset: string | undefined;
}

export type OpenDestination = CompiledDestination & { readonly open: Destination };

/**
 * Compiles the text of a channel file.
 *
 * @param environment values for `${NAME}`
 * @throws BH_CONFIG_* with file and line
 */
export function compileChannel(
  text: string,
  file: string,
  catalog: ChannelCatalog,
  environment: Environment,
): CompiledChannel {
  const yaml = readYamlFile(substituteEnvironment(text, environment, file), file, channelSchema);
  const { content: definition, at } = yaml;
  const { channel } = definition;
  const { sources, messageKind } = compileSources(yaml, catalog);
  const read = pathsOf(messageKind);
  const condition: ConditionAt = (source, path) => {
    if (source === undefined) return () => true;
    const holds = located(at(path), () => compileCondition(source, read));
    return onlyFor(messageKind, holds);
  };
  const destinations = compileDestinations(yaml, catalog, condition);
  const steps = compileSteps(yaml, catalog, messageKind, destinations);
  return {
    name: channel,
    text,
    definition,
    sources,
    messageKind,
    filter: condition(definition.filter, ['filter']),
    keys: located(at(['key']), () => keysOf(messageKind, definition.key)),
    steps: steps.map(({ step }) => step),
    destinations,
    returns: steps.flatMap(({ step: { sentBy }, place }) => (sentBy ? [{ ...sentBy, place }] : [])),
    readsMap: definition.steps.some(({ kind }) => catalog.steps.get(kind)?.readsMap === true),
    fallbackCharset: catalog.fallbackCharset,
  };
}

/** Doors that stand side by side take one kind of message: filter, key and steps of the channel are written for that. */
function compileSources(
  { content: definition, at }: YamlFile<ChannelDefinition>,
  catalog: ChannelCatalog,
): Pick<CompiledChannel, 'sources' | 'messageKind'> {
  const kinds = new Set<MessageKind>();
  const sources = definition.source.map(({ kind: name, settings: given }) => {
    const path = ['source', name];
    const kind = pick(catalog.sources, name, 'source', at(path));
    const settings = settingsOf(kind, given, at, path);
    kinds.add(typeof kind.messageKind === 'function' ? kind.messageKind(settings) : kind.messageKind);
    return { kind, settings, place: at(path) };
  });
  const [messageKind, another] = kinds;
  assert(messageKind !== undefined, 'a channel has a door');
  if (another === undefined) return { sources, messageKind };
  const detail = `${at(['source'])}: the doors of one channel take one kind of message, not ${messageKind} and ${another}`;
  throw new BitHiveError('BH_CONFIG_VALUE', detail);
}

function compileSteps(
  { content: { channel, steps }, at }: YamlFile<ChannelDefinition>,
  catalog: ChannelCatalog,
  messageKind: MessageKind,
  destinations: readonly CompiledDestination[],
): readonly { readonly step: Step; readonly place: string }[] {
  return steps.map(({ kind: name, settings }, index) => {
    const path = ['steps', index, name];
    const place = at(path);
    const kind = pick(catalog.steps, name, 'step', place);
    const checked = settingsOf(kind, settings, at, path);
    const step = located(place, () => forKnown(destinations, kind.create(checked, { channel })));
    if (step.prepare !== undefined) located(place, () => checkPrepares(step, index, messageKind));
    return { step, place };
  });
}

/** What changes the message before it is processed must not be passed by, and what stands before it would see it changed. */
function checkPrepares({ kind, takes }: Step, index: number, messageKind: MessageKind): void {
  if (index > 0) throw new BitHiveError('BH_CONFIG_VALUE', `${kind} is the first step of its channel`);
  if (!takes.includes(messageKind))
    throw new BitHiveError(
      'BH_CONFIG_VALUE',
      `${kind} takes ${takes.join(', ')}, and what comes in is ${messageKind}`,
    );
}

/** A step names destinations of its channel, and asks only those that take what it asks. */
function forKnown(destinations: readonly CompiledDestination[], step: Step): Step {
  const named = (wanted: string): CompiledDestination => {
    const found = destinations.find(({ name }) => name === wanted);
    if (found) return found;
    throw new BitHiveError(
      'BH_CONFIG_VALUE',
      `the channel has no destination ${wanted}; it has ${destinations.map(({ name }) => name).join(', ')}`,
    );
  };
  for (const name of step.destinations ?? []) named(name);
  for (const { destination, contentType } of step.asks ?? []) {
    const { name, kind, settings } = named(destination);
    if (!kind.takes(contentType, settings))
      throw new BitHiveError(
        'BH_CONFIG_VALUE',
        `the destination ${name} (${kind.kind}) cannot be asked this`,
      );
  }
  return step;
}

type ConditionAt = (
  source: string | undefined,
  path: readonly PropertyKey[],
) => (subject: Subject) => boolean;

function compileDestinations(
  { content: definition, at }: YamlFile<ChannelDefinition>,
  catalog: ChannelCatalog,
  condition: ConditionAt,
): readonly CompiledDestination[] {
  const taken = new Map<string, number>();
  const compiled = definition.to.map(({ kind: name, settings }, index) => {
    const path = ['to', index, name];
    const kind = pick(catalog.destinations, name, 'destination', at(path));
    const common = check(destinationCommonSchema.loose(), settings, at, path);
    const { name: given, when, retry, ...own } = common;
    const nth = (taken.get(name) ?? 0) + 1;
    taken.set(name, nth);
    return {
      name: given ?? (nth === 1 ? name : `${name}-${nth}`),
      kind,
      settings: settingsOf(kind, own, at, path),
      place: at(path),
      retry,
      when: condition(when, [...path, 'when']),
    };
  });
  const names = compiled.map((destination) => destination.name);
  const twice = names.findIndex((name, index) => names.indexOf(name) !== index);
  if (twice !== -1) {
    const detail = `${at(['to', twice])}: two destinations are named ${names[twice]}`;
    throw new BitHiveError('BH_CONFIG_VALUE', detail);
  }
  const there = compiled.filter(({ kind, settings }) => kind.isThere?.(settings) ?? true);
  const { ack } = definition;
  if (ack.moment === 'from' && there.every(({ name }) => name !== ack.destination)) {
    const has = there.map(({ name }) => name).join(', ');
    const detail = `${at(['ack'])}: ack names ${ack.destination}; the channel has ${has}`;
    throw new BitHiveError('BH_CONFIG_VALUE', detail);
  }
  return there;
}

/** A filter is about what came in at the door; timers, findings and answers of the channel's own always pass. */
function onlyFor(kind: MessageKind, test: (subject: Subject) => boolean): (subject: Subject) => boolean {
  return (subject) => subject.message.kind !== kind || test(subject);
}

/** What did not come in at the door has its key already: a timer its own, a notice the study that it is about. */
const ownKeys: PathReader<Subject> = ({ message: { kind, keys, facts } }) =>
  kind === 'notice' && typeof facts?.studyInstanceUid === 'string' ? [facts.studyInstanceUid] : keys;

function keysOf(kind: MessageKind, path: string | undefined): PathReader<Subject> {
  if (path === undefined) return () => [];
  if (kind === 'hl7v2') {
    const read = orderingKeys(path);
    return (subject) => (subject.message.kind === kind ? read(subject.hl7) : ownKeys(subject));
  }
  const read = pathsOf(kind)(path);
  return (subject) => (subject.message.kind === kind ? read(subject) : ownKeys(subject));
}

function pick<T>(kinds: ReadonlyMap<string, T>, kind: string, what: string, place: string): T {
  const found = kinds.get(kind);
  if (found) return found;
  throw new BitHiveError(
    'BH_CONFIG_KEY',
    `${place}: no ${what} is called ${kind}; known: ${[...kinds.keys()].join(', ')}`,
  );
}

type PlaceOf = YamlFile<unknown>['at'];

const settingsOf = (
  kind: { settings: z.ZodType },
  settings: unknown,
  at: PlaceOf,
  path: readonly PropertyKey[],
): unknown => check(kind.settings, settings, at, path);

function check<T>(schema: z.ZodType<T>, value: unknown, at: PlaceOf, path: readonly PropertyKey[]): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw schemaFault(result.error.issues[0], at, path);
}

/** A fault of a condition, path or rule, with its place in front. */
function located<T>(place: string, compile: () => T): T {
  try {
    return compile();
  } catch (error) {
    throw placed(place, error);
  }
}
