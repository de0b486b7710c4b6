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
import { type Environment, readYaml, substituteEnvironment } from './read-yaml.ts';

/** A destination of a channel, checked but not yet opened. */
export interface CompiledDestination {
  readonly name: string;
  readonly kind: DestinationKind<unknown>;
  readonly settings: unknown;
  readonly retry: RetryPolicy;
  readonly when: (subject: Subject) => boolean;
}

/** A channel file that passed every check. Opening its doors is the runtime's work. */
export interface CompiledChannel {
  readonly name: string;
  readonly text: string;
  readonly definition: ChannelDefinition;
  readonly source: { readonly kind: SourceKind<unknown>; readonly settings: unknown };
  readonly filter: (subject: Subject) => boolean;
  readonly keys: PathReader<Subject>;
  readonly steps: readonly Step[];
  readonly destinations: readonly CompiledDestination[];
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
  const definition = readYaml(substituteEnvironment(text, environment, file), file, channelSchema);
  const sourceKind = pick(catalog.sources, definition.source.kind, 'source', file);
  const read = pathsOf(sourceKind.messageKind);
  const condition = (source: string | undefined) =>
    source === undefined
      ? () => true
      : onlyFor(
          sourceKind.messageKind,
          located(file, () => compileCondition(source, read)),
        );
  return {
    name: definition.channel,
    text,
    definition,
    source: { kind: sourceKind, settings: settingsOf(sourceKind, definition.source.settings, file) },
    filter: condition(definition.filter),
    keys: located(file, () => keysOf(sourceKind.messageKind, definition.key)),
    steps: definition.steps.map(({ kind, settings }) => {
      const step = pick(catalog.steps, kind, 'step', file);
      return step.create(settingsOf(step, settings, file), { channel: definition.channel });
    }),
    destinations: compileDestinations(definition, catalog, file, condition),
  };
}

function compileDestinations(
  definition: ChannelDefinition,
  catalog: ChannelCatalog,
  file: string,
  condition: (source: string | undefined) => (subject: Subject) => boolean,
): readonly CompiledDestination[] {
  const taken = new Map<string, number>();
  const compiled = definition.to.map(({ kind: name, settings }) => {
    const kind = pick(catalog.destinations, name, 'destination', file);
    const { name: given, when, retry, ...own } = check(destinationCommonSchema.loose(), settings, file, name);
    const nth = (taken.get(name) ?? 0) + 1;
    taken.set(name, nth);
    return {
      name: given ?? (nth === 1 ? name : `${name}-${nth}`),
      kind,
      settings: settingsOf(kind, own, file),
      retry,
      when: condition(when),
    };
  });
  const names = compiled.map((destination) => destination.name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) {
    throw new BitHiveError('BH_CONFIG_VALUE', `${file}: two destinations are named ${twice}`);
  }
  const { ack } = definition;
  if (ack.moment === 'from' && !names.includes(ack.destination)) {
    throw new BitHiveError(
      'BH_CONFIG_VALUE',
      `${file}: ack names ${ack.destination}; the channel has ${names.join(', ')}`,
    );
  }
  return compiled;
}

/** A filter is about what came in at the door; timers, findings and answers of the channel's own always pass. */
function onlyFor(kind: MessageKind, test: (subject: Subject) => boolean): (subject: Subject) => boolean {
  return (subject) => subject.message.kind !== kind || test(subject);
}

function keysOf(kind: MessageKind, path: string | undefined): PathReader<Subject> {
  if (path === undefined) return () => [];
  if (kind === 'hl7v2') {
    const read = orderingKeys(path);
    return (subject) => (subject.message.kind === kind ? read(subject.hl7) : subject.message.keys);
  }
  const read = pathsOf(kind)(path);
  return (subject) => (subject.message.kind === kind ? read(subject) : subject.message.keys);
}

function pick<T>(kinds: ReadonlyMap<string, T>, kind: string, what: string, file: string): T {
  const found = kinds.get(kind);
  if (found) return found;
  throw new BitHiveError(
    'BH_CONFIG_KEY',
    `${file}: no ${what} is called ${kind}; known: ${[...kinds.keys()].join(', ')}`,
  );
}

const settingsOf = (
  kind: { kind: string; settings: import('zod').ZodType },
  settings: unknown,
  file: string,
): unknown => check(kind.settings, settings, file, kind.kind);

function check<T>(schema: import('zod').ZodType<T>, value: unknown, file: string, where: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const path = [where, ...(issue?.path ?? [])].join('.');
  throw new BitHiveError('BH_CONFIG_VALUE', `${file}: ${path}: ${issue?.message ?? 'not valid'}`);
}

function located<T>(file: string, compile: () => T): T {
  try {
    return compile();
  } catch (error) {
    if (!(error instanceof BitHiveError)) throw error;
    throw new BitHiveError(error.code, `${file}: ${error.detail}`, { cause: error });
  }
}
