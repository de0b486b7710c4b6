import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BitHiveError } from '../../core/errors.ts';
import { parseMessage } from '../../formats/hl7v2/index.ts';
import { checkCase, type Hl7ToFhirMap, momentOfMessage, readCase } from '../../mappings/index.ts';

/** What one case of a folder said. */
export interface CaseResult {
  readonly name: string;
  /** `file:line: what does not hold`; empty when it passes. */
  readonly faults: readonly string[];
}

/** The cases that come with the engine. */
export const ownCases = fileURLToPath(new URL('../../mappings/hl7v2/tests/', import.meta.url));

/**
 * Runs every `NAME.hl7` of a folder that has a `NAME.yaml` through a map.
 *
 * @param label what places begin with
 * @throws BH_MAP_DEFINITION when the folder has no case, or a file of a case cannot be read; BH_HL7_* for a message that is none
 */
export async function runCases(
  folder: string,
  label: string,
  map: Hl7ToFhirMap,
): Promise<readonly CaseResult[]> {
  const names = await namesIn(folder, label);
  const results: CaseResult[] = [];
  for (const name of names) {
    const text = await readFile(join(folder, `${name}.yaml`), 'utf8').catch((cause: unknown) => {
      throw new BitHiveError('BH_MAP_DEFINITION', `${label}/${name}.yaml is missing`, { cause });
    });
    const facts = readCase(`${label}/${name}.yaml`, text);
    const message = parseMessage(await readFile(join(folder, `${name}.hl7`)), {
      fallbackCharset: map.site.fallbackCharset,
    });
    const receivedAtMs = momentOfMessage(message, map.site.zone);
    const conversion = map.convert(message, { receivedAtMs, isForFile: true });
    results.push({ name, faults: checkCase(facts, conversion) });
  }
  return results;
}

async function namesIn(folder: string, label: string): Promise<readonly string[]> {
  const files = await readdir(folder).catch((cause: unknown) => {
    throw new BitHiveError('BH_MAP_DEFINITION', `${label} cannot be read`, { cause });
  });
  const names = files.filter((file) => file.endsWith('.hl7')).map((file) => file.slice(0, -'.hl7'.length));
  if (names.length === 0)
    throw new BitHiveError('BH_MAP_DEFINITION', `${label} has no NAME.hl7 with its NAME.yaml`);
  return names.sort();
}
