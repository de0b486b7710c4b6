import { BitHiveError } from '../../core/errors.ts';
import type { ChannelCatalog } from './catalog.ts';
import { type CompiledChannel, type CompiledReturn, type CompiledSource, compileChannel } from './compile.ts';
import { placed } from './placed.ts';
import type { Environment } from './read-yaml.ts';

export interface ChannelFile {
  readonly file: string;
  readonly text: string;
}

/**
 * Compiles the channel files that are to run together. Every file is looked at, so that the operator reads the first fault of each and not
 * the first of all.
 *
 * @throws BH_CONFIG_* with file and line, one line for each file that is not valid; also when two channels have one name or one door
 */
export function compileChannels(
  files: readonly ChannelFile[],
  catalog: ChannelCatalog,
  environment: Environment,
): readonly CompiledChannel[] {
  const faults = new Faults();
  const channels: CompiledChannel[] = [];
  for (const { file, text } of files) {
    try {
      channels.push(compileChannel(text, file, catalog, environment));
    } catch (error) {
      faults.add(error);
    }
  }
  for (const fault of shared(channels)) faults.add(fault);
  faults.raise();
  return channels;
}

/**
 * Asks every source and destination what is wrong with it beyond its settings' form: files, keys, exposure, hosts. Opens nothing.
 *
 * @throws as `compileChannels`
 */
export async function checkEdges(channels: readonly CompiledChannel[]): Promise<void> {
  const faults = new Faults();
  const byName = new Map(channels.map((channel) => [channel.name, channel]));
  for (const { name, definition, sources, destinations, returns } of channels) {
    for (const { kind, settings, place } of sources) {
      await faults.of(place, async () => kind.check?.(settings, { channel: name, ack: definition.ack }));
    }
    for (const { kind, settings, place } of destinations) {
      await faults.of(place, async () => kind.check?.(settings));
    }
    for (const one of returns) await faults.of(one.place, async () => checkReturn(one, byName));
  }
  faults.raise();
}

/** What comes back can only be understood by what left de-identified. */
function checkReturn(
  { channel, destination }: CompiledReturn,
  channels: ReadonlyMap<string, CompiledChannel>,
): void {
  const found = channels.get(channel)?.destinations.find(({ name }) => name === destination);
  if (found?.kind.deidentifies?.(found.settings)) return;
  const what = found === undefined ? 'is no destination of these channels' : 'sends objects as they are';
  throw new BitHiveError('BH_CONFIG_VALUE', `${channel}/${destination} ${what}; name one with deidentify`);
}

/** What only one channel can have: its name, and its doors. */
function shared(channels: readonly CompiledChannel[]): readonly BitHiveError[] {
  const faults: BitHiveError[] = [];
  const names = new Map<string, string>();
  const doors = new Map<string, string>();
  for (const { name, sources } of channels) {
    const [first] = sources;
    const place = first?.place ?? name;
    const namesake = names.get(name);
    names.set(name, place);
    if (namesake !== undefined) {
      const detail = `${place}: two channel files define ${name}; the other: ${namesake}`;
      faults.push(new BitHiveError('BH_CONFIG_VALUE', detail));
      continue;
    }
    faults.push(...sources.flatMap((source) => takenDoor(name, source, doors)));
  }
  return faults;
}

/** Notes the door as taken, or tells that it was. */
function takenDoor(
  channel: string,
  { kind, settings, place }: CompiledSource,
  doors: Map<string, string>,
): readonly BitHiveError[] {
  const door = kind.door?.(settings) ?? null;
  if (door === null) return [];
  const neighbour = doors.get(door);
  doors.set(door, place);
  if (neighbour === undefined) return [];
  const detail = `${place}: the door ${door} of ${channel} is taken; by: ${neighbour}`;
  return [new BitHiveError('BH_CONFIG_VALUE', detail)];
}

/** Faults of the world, told together; a bug is thrown at once. */
class Faults {
  readonly #found: BitHiveError[] = [];

  add(error: unknown): void {
    if (!(error instanceof BitHiveError)) throw error;
    this.#found.push(error);
  }

  async of(place: string, look: () => Promise<void>): Promise<void> {
    await look().catch((error: unknown) => this.add(placed(place, error)));
  }

  raise(): void {
    const [first, ...others] = this.#found;
    if (first === undefined) return;
    if (others.length === 0) throw first;
    throw new BitHiveError(first.code, this.#found.map(({ detail }) => detail).join('\n'), { cause: first });
  }
}
