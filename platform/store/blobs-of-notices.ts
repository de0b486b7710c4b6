/**
 * Bodies that waiting notices name (the objects of earlier studies, `facts.blobs`): until the notice is processed no row of their own names
 * them. There are few such notices, so their lists are read whole and no index serves them.
 */
export function blobsOfNotices(facts: readonly string[]): readonly string[] {
  const named = facts.flatMap((text) => {
    const { blobs } = JSON.parse(text) as { readonly blobs?: unknown };
    return Array.isArray(blobs) ? blobs.filter((blob) => typeof blob === 'string') : [];
  });
  return [...new Set(named)].sort();
}

/** Two ascending lists as one, each entry once. */
export async function* mergedAscending(
  few: readonly string[],
  many: AsyncIterable<string>,
): AsyncGenerator<string> {
  let next = 0;
  for await (const one of many) {
    while (next < few.length && few[next]! < one) yield few[next++]!;
    if (few[next] === one) next += 1;
    yield one;
  }
  yield* few.slice(next);
}
