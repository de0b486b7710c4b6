import { median } from './row.ts';

/** How a receiver that is up is put under load: sends for so long and gives the rate; what came before `warmUpMs` does not count. */
export type Sender = (load: RoundLoad) => Promise<number>;

export interface RoundLoad {
  readonly connections: number;
  /** STOW-RS only. */
  readonly instancesPerRequest: number;
  readonly warmUpMs: number;
  readonly durationMs: number;
}

type Senders<Name extends string> = Readonly<Record<Name, Sender>>;

/** A receiver is measured warm: a hospital's engine runs for months. */
export async function warm(senders: Readonly<Record<string, Sender>>): Promise<void> {
  for (const send of Object.values(senders))
    await send({ connections: 4, instancesPerRequest: 1, warmUpMs: 6_000, durationMs: 100 });
}

/**
 * The median rate of each. All are up from the first round to the last, and they take turns. Nothing is removed before the last round: a file
 * system that has just lost thousands of files is slow for whoever comes next.
 */
export async function medianRates<Name extends string>(
  senders: Senders<Name>,
  load: Pick<RoundLoad, 'connections' | 'instancesPerRequest'>,
  options: { readonly runs: number; readonly durationMs: number },
): Promise<Readonly<Record<Name, number>>> {
  const names = Object.keys(senders) as Name[];
  const rates = new Map<Name, number[]>(names.map((name) => [name, []]));
  for (let run = 0; run < options.runs; run += 1) {
    for (const name of names) {
      const rate = await senders[name]({ ...load, warmUpMs: 500, durationMs: options.durationMs });
      rates.get(name)?.push(rate);
    }
  }
  return Object.fromEntries(names.map((name) => [name, median(rates.get(name) ?? [])])) as Record<
    Name,
    number
  >;
}
