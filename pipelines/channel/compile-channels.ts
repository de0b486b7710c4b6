import { BitHiveError } from '../../core/errors.ts';
import type { ChannelCatalog } from './catalog.ts';
import { type CompiledChannel, compileChannel } from './compile.ts';
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
  for (const { name, definition, source, destinations } of channels) {
    await faults.of(source.place, async () =>
      source.kind.check?.(source.settings, { channel: name, ack: definition.ack }),
    );
    for (const { kind, settings, place } of destinations) {
      await faults.of(place, async () => kind.check?.(settings));
    }
  }
  faults.raise();
}

/** What only one channel can have: its name, and its door. */
function shared(channels: readonly CompiledChannel[]): readonly BitHiveError[] {
  const faults: BitHiveError[] = [];
  const names = new Map<string, string>();
  const doors = new Map<string, string>();
  for (const { name, source } of channels) {
    const { kind, settings, place } = source;
    const door = kind.door?.(settings) ?? null;
    const namesake = names.get(name);
    const neighbour = door === null ? undefined : doors.get(door);
    if (namesake !== undefined)
      faults.push(
        new BitHiveError(
          'BH_CONFIG_VALUE',
          `${place}: two channel files define ${name}; the other: ${namesake}`,
        ),
      );
    else if (neighbour !== undefined)
      faults.push(
        new BitHiveError(
          'BH_CONFIG_VALUE',
          `${place}: the door ${door} of ${name} is taken; by: ${neighbour}`,
        ),
      );
    names.set(name, place);
    if (door !== null) doors.set(door, place);
  }
  return faults;
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
