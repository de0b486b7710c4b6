import { z } from 'zod';
import type { StepKind } from '../channel/catalog.ts';

/** What one of the maps made of its own settings; only it can read them again. */
interface Chosen {
  readonly map: string;
  readonly settings: unknown;
}

/**
 * `map: NAME`, or `map: { map: NAME, ... }` where the map has settings: one step for all maps, each with settings of its own.
 *
 * @param maps by name; each takes its name alone, too
 */
// biome-ignore lint/suspicious/noExplicitAny: each map is only ever given the settings that its own schema passed.
export function mapStep(maps: { readonly [name: string]: StepKind<any> }): StepKind<Chosen> {
  const settings = z.unknown().transform((given, context): Chosen => {
    const name = nameIn(given);
    const map = name !== undefined && Object.hasOwn(maps, name) ? maps[name] : undefined;
    if (name === undefined || map === undefined) {
      context.addIssue({ code: 'custom', message: `no such map; known: ${Object.keys(maps).join(', ')}` });
      return z.NEVER;
    }
    const checked = map.settings.safeParse(given);
    if (checked.success) return { map: name, settings: checked.data };
    for (const issue of deepest(checked.error.issues))
      context.addIssue({ code: 'custom', message: issue.message, path: [...issue.path] });
    return z.NEVER;
  });
  return {
    kind: 'map',
    readsMap: Object.values(maps).some(({ readsMap }) => readsMap === true),
    settings,
    create: (chosen, context) => maps[chosen.map]!.create(chosen.settings, context),
  };
}

function nameIn(given: unknown): string | undefined {
  const name = typeof given === 'object' && given !== null && 'map' in given ? given.map : given;
  return typeof name === 'string' ? name : undefined;
}

/** A union says only that no branch fits: the branch that got furthest says why. */
function deepest(issues: readonly z.core.$ZodIssue[]): readonly z.core.$ZodIssue[] {
  return issues.flatMap((issue) => {
    if (issue.code !== 'invalid_union') return [issue];
    const branches = issue.errors.map((branch) => deepest(branch));
    const best = branches.find((branch) => branch.some(({ path }) => path.length > 0)) ?? branches.at(-1);
    return best ?? [issue];
  });
}
