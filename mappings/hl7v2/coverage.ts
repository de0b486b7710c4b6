/**
 * Which parts of an element a converter reads: all of it, only its first part (a leaf), or the parts by number. Known when the map
 * is compiled, so that finding what no row took costs one walk over the message.
 */
export type Coverage = 'all' | 'leaf' | readonly (Coverage | undefined)[];

/** Whether a coverage that starts at a repetition holds the leaf at (component, subcomponent). */
export function coversLeaf(coverage: Coverage, component: number, subcomponent: number): boolean {
  if (coverage === 'all') return true;
  if (coverage === 'leaf') return component === 1 && subcomponent === 1;
  const part = coverage[component];
  return part !== undefined && coversPart(part, subcomponent);
}

/** The same for one that starts at a component. */
export function coversPart(coverage: Coverage, subcomponent: number): boolean {
  if (coverage === 'all') return true;
  if (coverage === 'leaf') return subcomponent === 1;
  return coverage[subcomponent] !== undefined;
}

/** Parts that several rows read, together. `path` is one or two part numbers. */
export function joinCoverage(
  rows: readonly { readonly path: readonly number[]; readonly covers: Coverage }[],
): Coverage {
  const parts: (Coverage | undefined)[] = [];
  for (const { path, covers } of rows) {
    const [first = 1, second] = path;
    const own = second === undefined ? covers : joinCoverage([{ path: [second], covers }]);
    parts[first] = unite(parts[first], own);
  }
  return parts;
}

function unite(a: Coverage | undefined, b: Coverage): Coverage {
  if (a === undefined || b === 'all') return b;
  if (a === 'all' || a === b) return a;
  const [left, right] = [asParts(a), asParts(b)];
  const joined: (Coverage | undefined)[] = [];
  for (let part = 1; part < Math.max(left.length, right.length); part++) {
    const [mine, theirs] = [left[part], right[part]];
    joined[part] = theirs === undefined ? mine : unite(mine, theirs);
  }
  return joined;
}

const asParts = (coverage: Coverage): readonly (Coverage | undefined)[] =>
  typeof coverage === 'string' ? [undefined, coverage] : coverage;
