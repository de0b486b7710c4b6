import { parseArgs } from 'node:util';
import { BitHiveError } from '../core/errors.ts';
import { type Layer, type LayerValue, parseText } from './layer.ts';
import { suggestion } from './nearest.ts';
import { settings } from './setting.ts';

const known = new Map(settings.map((setting) => [setting.flag, setting]));
const options = Object.fromEntries(
  [...known.keys(), 'config'].map((flag) => [flag, { type: 'string' as const }]),
);

/** Names of all flags that set something, without the hyphens. */
export const settingFlags: readonly string[] = Object.keys(options);

/**
 * Reads `--http-port 0` or `--http-port=0`.
 *
 * @throws BH_CONFIG_KEY for a flag that no setting has, BH_CONFIG_VALUE for one without a value
 */
export function readFlagsLayer(
  argv: readonly string[],
  folder: string,
): { readonly layer: Layer; readonly configFile?: string } {
  const layer = new Map<string, LayerValue>();
  let configFile: string | undefined;
  const { tokens } = parseArgs({
    args: [...argv],
    options,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  for (const token of tokens) {
    if (token.kind === 'option-terminator') continue;
    if (token.kind === 'positional')
      throw new BitHiveError('BH_CONFIG_KEY', `unexpected argument ${token.value}`);
    if (!Object.hasOwn(options, token.name)) {
      throw new BitHiveError('BH_CONFIG_KEY', `${token.rawName}${suggestion(token.name, settingFlags)}`);
    }
    if (token.value === undefined)
      throw new BitHiveError('BH_CONFIG_VALUE', `${token.rawName}: a value is missing`);
    const setting = known.get(token.name);
    if (setting === undefined) configFile = token.value;
    else
      layer.set(setting.key, {
        value: parseText(setting, token.value, token.rawName),
        origin: token.rawName,
        folder,
      });
  }
  return configFile === undefined ? { layer } : { layer, configFile };
}
