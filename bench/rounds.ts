import { median } from './row.ts';

/** A receiver that is up, and the load that it is put under. */
export interface Contender {
  /** Sends for so long and gives the rate; what came before `warmUpMs` does not count. */
  send(load: RoundLoad): Promise<number>;
  /** Ends it and removes what it has kept; throws where it has not kept all that it was sent. */
  end(): Promise<void>;
}

export interface RoundLoad {
  readonly connections: number;
  readonly warmUpMs: number;
  readonly durationMs: number;
}

const warmUp: RoundLoad = { connections: 4, warmUpMs: 6_000, durationMs: 100 };

/**
 * The median rate of each, at so many connections. All are up from the first round to the last and warmed before, then they take turns: a
 * hospital's engine runs for months. Nothing is removed between two rounds: a file system that has just lost thousands of files is slow for
 * whoever comes next.
 */
export async function medianRates<Name extends string>(
  contenders: Readonly<Record<Name, Contender>>,
  connections: number,
  options: { readonly runs: number; readonly durationMs: number },
): Promise<Readonly<Record<Name, number>>> {
  const names = Object.keys(contenders) as Name[];
  const rates = new Map<Name, number[]>(names.map((name) => [name, []]));
  for (let run = 0; run < options.runs; run += 1) {
    for (const name of names) {
      const rate = await contenders[name].send({
        connections,
        warmUpMs: 500,
        durationMs: options.durationMs,
      });
      rates.get(name)?.push(rate);
    }
  }
  return Object.fromEntries(names.map((name) => [name, median(rates.get(name) ?? [])])) as Record<
    Name,
    number
  >;
}

/** Warms all, hands them over, and ends all. */
export async function withContenders<Name extends string, T>(
  contenders: Readonly<Record<Name, Contender>>,
  use: () => Promise<T>,
): Promise<T> {
  const all: readonly Contender[] = Object.values(contenders);
  for (const contender of all) await contender.send(warmUp);
  const result = await use();
  for (const contender of all) await contender.end();
  return result;
}
