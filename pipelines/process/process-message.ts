import type { NewDelivery } from '../../core/delivery.ts';
import { toBitHiveError } from '../../core/errors.ts';
import type { Json } from '../../core/json.ts';
import type { ProcessedMessage, StateItem } from '../../core/ports/index.ts';
import type { CompiledChannel, OpenDestination } from '../channel/compile.ts';
import { cursorStates, isCursorOnly } from './cursor.ts';
import type { ProcessOutput, Product, StateReader } from './step.ts';
import type { Subject } from './subject.ts';

/** States that a message asked for and that were not loaded. The runtime loads them and processes the message again. */
export class MissingState {
  readonly scope: string;
  readonly key: string;
  readonly withItems: boolean;
  constructor(scope: string, key: string, withItems: boolean) {
    this.scope = scope;
    this.key = key;
    this.withItems = withItems;
  }
}

/** States as loaded, with what earlier messages of the same batch changed. */
export interface LoadedStates {
  value(scope: string, key: string): Json | undefined | 'not-loaded';
  items(scope: string, key: string): readonly StateItem[] | 'not-loaded';
}

const original: readonly string[] = ['hl7v2', 'fhir', 'dicom'];

/**
 * The verb *process* for one message: (message, states, channel version) to (deliveries, states, timers). Pure: the same input gives
 * the same output, so a replay or a dry run against another version of the channel can be compared.
 *
 * @returns MissingState when a step reads a state that is not loaded
 */
export function processMessage(
  channel: CompiledChannel,
  destinations: readonly OpenDestination[],
  subject: Subject,
  states: LoadedStates,
): ProcessedMessage | MissingState {
  const result = processOne(channel, destinations, subject, states);
  const cursors = cursorStates(channel.name, subject.message);
  if (cursors.length === 0 || result instanceof MissingState) return result;
  return { ...result, states: [...result.states, ...cursors] };
}

function processOne(
  channel: CompiledChannel,
  destinations: readonly OpenDestination[],
  subject: Subject,
  states: LoadedStates,
): ProcessedMessage | MissingState {
  const { message } = subject;
  const output: ProcessOutput = { products: [], states: [], items: [], timers: [], report: {} };
  // What is to be done is done for each of its messages.
  if (message.kind === 'batch') return ended(subject, 'processed', []);
  if (isCursorOnly(message)) return ended(subject, 'filtered', []);
  try {
    if (!channel.filter(subject)) return ended(subject, 'filtered', []);
    const keys = channel.keys(subject);
    const input = { channel: channel.name, message, subject, state: readerOf(states), keys };
    let stepped = false;
    for (const step of channel.steps) {
      if (!step.takes.includes(message.kind)) continue;
      stepped = true;
      step.apply(input, output);
    }
    if (original.includes(message.kind)) output.products.push(originalOf(subject, keys, output));
    const deliveries = fanOut(destinations, subject, output.products);
    const idle = !stepped && deliveries.length === 0;
    return { ...ended(subject, idle ? 'filtered' : 'processed', deliveries), ...writes(output) };
  } catch (error) {
    if (error instanceof MissingState) return error;
    const { code, detail } = toBitHiveError(error);
    if (code === 'BH_INTERNAL') throw error;
    return { ...ended(subject, 'quarantined', []), refusal: { code, detail } };
  }
}

function readerOf(states: LoadedStates): StateReader {
  return {
    get(scope, key) {
      const value = states.value(scope, key);
      if (value === 'not-loaded') throw new MissingState(scope, key, false);
      return value;
    },
    items(scope, key) {
      const items = states.items(scope, key);
      if (items === 'not-loaded') throw new MissingState(scope, key, true);
      return items;
    },
  };
}

const writes = (output: ProcessOutput) => ({
  states: output.states,
  items: output.items,
  timers: output.timers,
  ...(Object.keys(output.report).length > 0 ? { report: output.report } : {}),
});

function ended(
  subject: Subject,
  status: ProcessedMessage['status'],
  deliveries: readonly NewDelivery[],
): ProcessedMessage {
  const processedAtMs = subject.message.receivedAtMs;
  return { id: subject.message.id, status, processedAtMs, deliveries, states: [], items: [], timers: [] };
}

/** The message as it came, or as a step changed it, for destinations that forward without a map. */
function originalOf(subject: Subject, keys: readonly string[], output: ProcessOutput): Product {
  const { contentType, body, facts } = subject.message;
  const { hl7, originalExcept: except } = output;
  const bytes = hl7?.print() ?? (body.kind === 'inline' ? body.bytes : new Uint8Array(0));
  return {
    contentType,
    bytes,
    keys,
    priority: 0,
    ...(facts ? { facts } : {}),
    ...(except ? { except } : {}),
  };
}

function fanOut(
  destinations: readonly OpenDestination[],
  subject: Subject,
  products: readonly Product[],
): readonly NewDelivery[] {
  const made: NewDelivery[] = [];
  for (const destination of destinations) {
    if (!destination.when(subject)) continue;
    for (const product of products) {
      if (isFor(destination, product)) made.push(deliveryOf(destination, subject, product));
    }
  }
  return made;
}

function isFor({ name, kind, settings }: OpenDestination, { contentType, only, except }: Product): boolean {
  if (only?.includes(name) === false || except?.includes(name)) return false;
  return kind.takes(contentType, settings);
}

function deliveryOf(destination: OpenDestination, subject: Subject, product: Product): NewDelivery {
  const dueAtMs = subject.message.receivedAtMs;
  const whole =
    subject.message.body.kind === 'blob' && product.bytes.length === 0 ? subject.message.body : null;
  const outOfLine = product.blob === undefined ? whole : ({ kind: 'blob', ...product.blob } as const);
  return {
    destination: destination.name,
    lanes: [...new Set(product.keys)].map((key) => `${destination.open.target}|${key}`),
    priority: product.priority,
    dueAtMs,
    expiresAtMs: dueAtMs + destination.retry.forHours * 3_600_000,
    contentType: product.contentType,
    body: outOfLine ?? { kind: 'inline', bytes: product.bytes },
    ...(product.facts ? { facts: product.facts } : {}),
  };
}
