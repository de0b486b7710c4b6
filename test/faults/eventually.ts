const lookEveryMs = 50;

/** Waits for a condition that must come; throws with its name when it does not. */
export async function eventually(
  what: string,
  isSo: () => boolean | Promise<boolean>,
  withinMs = 180_000,
): Promise<number> {
  const since = Date.now();
  while (!(await isSo())) {
    if (Date.now() - since > withinMs) throw new TypeError(`after ${withinMs} ms still not: ${what}`);
    await new Promise((next) => setTimeout(next, lookEveryMs));
  }
  return Date.now() - since;
}
