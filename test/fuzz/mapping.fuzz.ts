import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { BitHiveError } from '../../core/errors.ts';
import { parseMessage } from '../../formats/hl7v2/index.ts';
import {
  type Conversion,
  type Hl7ToFhirMap,
  loadHl7ToFhirMap,
  parseSiteSettings,
  printBundle,
} from '../../mappings/index.ts';
import { structuralFaults } from '../conformance/hl7v2/structural-faults.ts';
import { mappingInput, seedMessages } from './mapping-inputs.ts';
import type { FuzzReport } from './mllp.fuzz.ts';
import { Dice } from './mllp-inputs.ts';
import { slowOnlyWhenAlways } from './slow.ts';

interface MappingFuzzOptions {
  /** Number of the first input; the huge ones come first. */
  readonly first?: number;
  /** No message may take longer, from its bytes to the bytes of its Bundle. */
  readonly convertMsMax?: number;
}

/** Validation is a hundred times the work of the mapping, and has limits of its own (texts of 1 MB, elements): large Bundles go without it. */
const validatedEntriesMax = 500;
const validatedCharsMax = 1_000_000;

export const fuzzSite = parseSiteSettings({
  namespace: '6ba7b810-9dad-11d1-80b4-00c04fd430c8',
  zone: 'Europe/Berlin',
  localSystem: 'https://bithive.example/id',
  defaultAssigner: 'HOSP',
});

/**
 * Maps messages whose structure was changed at random: nothing leaves the mapper but a Bundle that a strict FHIR server takes, the same
 * bytes again in a second run, each within a second. Only the parser may refuse, with a code.
 */
export async function fuzzMapping(
  count: number,
  seed: number,
  { first = 0, convertMsMax = 1_000 }: MappingFuzzOptions = {},
): Promise<FuzzReport> {
  const map = loadHl7ToFhirMap({ site: fuzzSite });
  const dice = new Dice(seed);
  const seeds = [...seedMessages, ...sharedMessages()];
  const failures: string[] = [];
  for (let nth = first; nth < first + count; nth++) {
    const input = mappingInput(nth, dice, seeds);
    const fault = await slowOnlyWhenAlways(
      async () => faultOf(map, input.bytes, convertMsMax),
      (one) => one === 'slow',
    );
    if (fault !== undefined)
      failures.push(
        `seed ${seed}, input ${nth}, ${input.name}: ${fault}: ${input.bytes.toString('latin1').slice(0, 400)}`,
      );
  }
  return { sent: count, answered: count - failures.length, failures };
}

function faultOf(map: Hl7ToFhirMap, bytes: Buffer, convertMsMax: number): string | undefined {
  const startMs = performance.now();
  try {
    const message = parseMessage(bytes);
    const context = { receivedAtMs: 0, messageId: 1 };
    const once = mapped(() => map.convert(message, context));
    if (typeof once === 'string') return once;
    const text = printBundle(once.bundle);
    if (performance.now() - startMs > convertMsMax) return 'slow';
    if (once.bundle.entry.length > validatedEntriesMax || text.length > validatedCharsMax) return undefined;
    const again = mapped(() => map.convert(parseMessage(bytes), context));
    if (typeof again === 'string' || printBundle(again.bundle) !== text) return 'the second run differs';
    return structuralFaults(once)[0];
  } catch (error) {
    return error instanceof BitHiveError && error.code.startsWith('BH_HL7_') ? undefined : String(error);
  }
}

/** The parser may refuse; the mapper may not, with whatever code. */
function mapped(convert: () => Conversion): Conversion | string {
  try {
    return convert();
  } catch (error) {
    return `left the mapper: ${error instanceof Error ? error.stack?.split('\n').slice(0, 3).join(' ') : String(error)}`;
  }
}

/** Messages of real senders' shapes, where they are beside the repository. */
function sharedMessages(): readonly string[] {
  const folder = join(process.cwd(), '..', 'shared', 'data', 'hl7v2-samples');
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => name.endsWith('.hl7'))
    .sort()
    .map((name) => readFileSync(join(folder, name), 'utf8'));
}
