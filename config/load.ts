import { readFileSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BitHiveError } from '../core/errors.ts';
import { refuseExposedConfig } from './exposure.ts';
import type { Layer, LayerValue } from './layer.ts';
import { suggestion } from './nearest.ts';
import { pacsFault } from './pacs.ts';
import { configFileVariable, type Environment, readEnvironmentLayer } from './read-environment.ts';
import { readFileLayer } from './read-file.ts';
import { readFlagsLayer } from './read-flags.ts';
import { type Config, configSchema } from './schema.ts';
import { settings } from './setting.ts';

/** Why a setting has its value. */
export interface Explanation {
  readonly key: string;
  /** undefined: not set. */
  readonly value: unknown;
  /** The file and line, variable or flag that won; `not set` when none did. */
  readonly origin: string;
  readonly description: string;
}

export interface LoadedConfig {
  readonly config: Config;
  readonly warnings: readonly string[];
  /** @throws BH_CONFIG_KEY with a suggestion */
  explain(key: string): Explanation;
}

export interface LoadOptions {
  /** Flags of settings, and `--config FILE`. */
  readonly argv: readonly string[];
  readonly env: Environment;
  /** Working folder: base of relative paths that no file states. */
  readonly cwd: string;
}

const defaultFile = fileURLToPath(new URL('./default.yaml', import.meta.url));

/**
 * The configuration in force: `default.yaml`, then the site file, then variables, then flags; later wins, key by key.
 *
 * @throws BH_CONFIG_SYNTAX, BH_CONFIG_KEY, BH_CONFIG_VALUE with the origin; BH_CONFIG_EXPOSED
 */
export function loadConfig({ argv, env, cwd }: LoadOptions): LoadedConfig {
  const flags = readFlagsLayer(argv, cwd);
  const environment = readEnvironmentLayer(env, cwd);
  const siteFile = flags.configFile ?? env[configFileVariable];
  const merged = merge([
    readDefaults(cwd),
    ...(siteFile === undefined ? [] : [readSiteFile(siteFile, cwd)]),
    environment.layer,
    flags.layer,
  ]);
  const config = check(merged);
  refuseExposedConfig(config);
  return { config, warnings: environment.warnings, explain: (key) => explain(key, merged) };
}

/** The defaults name no place on this machine: their relative paths are those of the working folder. */
function readDefaults(cwd: string): Layer {
  return readFileLayer(readFileSync(defaultFile, 'utf8'), 'config/default.yaml', cwd);
}

function readSiteFile(file: string, cwd: string): Layer {
  const path = resolve(cwd, file);
  try {
    return readFileLayer(readFileSync(path, 'utf8'), relative(cwd, path), dirname(path));
  } catch (cause) {
    if (cause instanceof BitHiveError) throw cause;
    throw new BitHiveError('BH_CONFIG_SYNTAX', `${path} cannot be read`, { cause });
  }
}

function merge(layers: readonly Layer[]): Layer {
  const merged = new Map<string, LayerValue>();
  for (const [key, value] of layers.flatMap((layer) => [...layer])) {
    if (value.value === null) merged.delete(key);
    else merged.set(key, value);
  }
  for (const { key, isPath } of settings) {
    const entry = merged.get(key);
    if (isPath && typeof entry?.value === 'string') {
      merged.set(key, { ...entry, value: resolve(entry.folder, entry.value) });
    }
  }
  return merged;
}

type Tree = { [name: string]: unknown };

function treeOf(merged: Layer): Tree {
  // Sections that a site may leave empty (`ehr`, `channels`) exist without a value of their own.
  const tree: Tree = Object.fromEntries(
    Object.entries(configSchema.shape).flatMap(([name, shape]) =>
      shape.type === 'object' ? [[name, {}]] : [],
    ),
  );
  for (const [key, { value }] of merged) {
    const parts = key.split('.');
    const leaf = parts.pop() as string;
    let node = tree;
    for (const part of parts) {
      node[part] ??= {};
      node = node[part] as Tree;
    }
    node[leaf] = value;
  }
  return tree;
}

function check(merged: Layer): Config {
  const result = configSchema.safeParse(treeOf(merged));
  if (result.success) return withDependencies(result.data, merged);
  const faults = result.error.issues.map((issue) => {
    const key = issue.path.join('.');
    const origin = [...merged].find(([set]) => key === set || key.startsWith(`${set}.`))?.[1].origin;
    return origin === undefined ? `${key} is missing` : `${origin}: ${key}: ${issue.message}`;
  });
  throw new BitHiveError('BH_CONFIG_VALUE', faults.join('\n'));
}

function withDependencies(config: Config, merged: Layer): Config {
  if (config.store.kind === 'postgres' && config.store.url === undefined) {
    const origin = merged.get('store.kind')?.origin;
    throw new BitHiveError('BH_CONFIG_VALUE', `${origin}: store.kind postgres needs store.url`);
  }
  const pacs = pacsFault(config);
  if (pacs !== null) {
    const origin = [...merged].find(([set]) => set === pacs.key || set.startsWith(`${pacs.key}.`))?.[1]
      .origin;
    throw new BitHiveError('BH_CONFIG_VALUE', `${origin}: ${pacs.key} ${pacs.fault}`);
  }
  return config;
}

function explain(key: string, merged: Layer): Explanation {
  const setting = settings.find((candidate) => candidate.key === key);
  if (!setting) {
    throw new BitHiveError(
      'BH_CONFIG_KEY',
      `${key}${suggestion(
        key,
        settings.map((candidate) => candidate.key),
      )}`,
    );
  }
  const entry = merged.get(key);
  return { key, value: entry?.value, origin: entry?.origin ?? 'not set', description: setting.description };
}
