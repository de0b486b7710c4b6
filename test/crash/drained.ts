import type { EngineApi } from './engine-api.ts';

const lookEveryMs = 200;
const looksAtNothing = 5;
const stallMs = 120_000;

/** Waits until nothing is open. What is slow may take its time; what stands still is a fault. */
export async function drained(api: EngineApi): Promise<void> {
  let least = Number.POSITIVE_INFINITY;
  let since = Date.now();
  for (let quiet = 0; quiet < looksAtNothing; ) {
    const open = await api.openWork();
    quiet = open === 0 ? quiet + 1 : 0;
    if (open < least) {
      least = open;
      since = Date.now();
    }
    if (open > 0 && Date.now() - since > stallMs)
      throw new TypeError(`the engine stands still at ${open} open`);
    await new Promise((next) => setTimeout(next, lookEveryMs));
  }
}
