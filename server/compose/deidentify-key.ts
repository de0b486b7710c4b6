import { join } from 'node:path';
import type { Config } from '../../config/index.ts';
import type { Keys, Random } from '../../core/ports/index.ts';
import { ensureTokenFile } from '../../platform/security/token-file.ts';

/** File of the key by which pseudonyms are made where no other is named. */
export const deidentifyKeyFileOf = (config: Config): string => join(config.data, 'deidentify-key');

/**
 * The key of the de-identification: the one that the reference names, or that of the data folder, made at random on first use (256 bits, mode 0600).
 * Who has it can turn pseudonyms back; without it results cannot be assigned any more.
 *
 * @throws BH_CONFIG_SECRET
 */
export function deidentifyKey(
  reference: string | undefined,
  { config, keys, random }: { readonly config: Config; readonly keys: Keys; readonly random: Random },
): Promise<string> {
  return reference === undefined
    ? ensureTokenFile(deidentifyKeyFileOf(config), random)
    : keys.secret(reference);
}
