import { type Layer, type LayerValue, parseText } from './layer.ts';
import { suggestion } from './nearest.ts';
import { settings } from './setting.ts';

export type Environment = { readonly [name: string]: string | undefined };

/** Names the site file; not a setting, because it decides where settings come from. */
export const configFileVariable = 'BITHIVE_CONFIG';

const known = new Map(settings.map((setting) => [setting.variable, setting]));

/**
 * Reads the settings among the variables. An unknown `BITHIVE_` name is a warning and not a refusal: platforms add such
 * variables on their own (Kubernetes gives a service called bithive `BITHIVE_SERVICE_HOST` and `BITHIVE_PORT`).
 */
export function readEnvironmentLayer(
  environment: Environment,
  folder: string,
): { readonly layer: Layer; readonly warnings: readonly string[] } {
  const layer = new Map<string, LayerValue>();
  const warnings: string[] = [];
  for (const [name, text] of Object.entries(environment)) {
    if (!name.startsWith('BITHIVE_') || name === configFileVariable || text === undefined) continue;
    const setting = known.get(name);
    if (setting) layer.set(setting.key, { value: parseText(setting, text, name), origin: name, folder });
    else warnings.push(`${name} is not a setting${suggestion(name, known.keys())}`);
  }
  return { layer, warnings };
}
