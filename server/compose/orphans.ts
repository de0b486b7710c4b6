/**
 * What is in the first list and not in the second. Both ascend, so that neither is held in memory: a hospital has millions of bodies.
 */
export async function* orphans<T extends string>(
  stored: AsyncIterable<T>,
  inUse: AsyncIterable<string>,
): AsyncGenerator<T> {
  const named = inUse[Symbol.asyncIterator]();
  try {
    let next = await named.next();
    for await (const hash of stored) {
      while (!next.done && next.value < hash) next = await named.next();
      if (next.done || next.value !== hash) yield hash;
    }
  } finally {
    await named.return?.();
  }
}
