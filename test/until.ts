/** What did not come by then does not come. Far more than a busy machine needs, and less than jest gives a test. */
const withinMs = 60_000;
const lookEveryMs = 10;

/**
 * Resolves with the first value that is neither `undefined` nor `false`. It ends in any case, and before the test's own limit: a loop
 * that goes on after its test has failed would keep the process open.
 */
export async function until<T>(read: () => T | Promise<T>): Promise<Exclude<T, undefined | false>> {
  const endMs = performance.now() + withinMs;
  for (;;) {
    const value = await read();
    if (value !== undefined && value !== false) return value as Exclude<T, undefined | false>;
    if (performance.now() > endMs) throw new TypeError(`after ${withinMs} ms still not: ${read.toString()}`);
    await new Promise((next) => setTimeout(next, lookEveryMs));
  }
}
