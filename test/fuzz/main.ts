import { numberArgument } from '../crash/arguments.ts';
import { fuzzDimse } from './dimse.fuzz.ts';
import { fuzzFhir } from './fhir.fuzz.ts';
import { fuzzHttp } from './http.fuzz.ts';
import { fuzzMapping } from './mapping.fuzz.ts';
import { fuzzMllp } from './mllp.fuzz.ts';
import { fuzzOverlays } from './overlays.fuzz.ts';
import { fuzzRows } from './rows.fuzz.ts';
import { fuzzStow } from './stow.fuzz.ts';

interface FuzzResult {
  readonly sent: number;
  readonly answered: number;
  readonly failures: readonly unknown[];
}

const shownFailures = 10;

/** `npm run fuzz -- [mllp stow dimse ...] [--count 10000] [--seed N]`: malformed input at every door; ends 1 when one answer is not as specified. */
const count = numberArgument('count', 10_000);
const seed = numberArgument('seed', 20_261_122);
const protocols: readonly (readonly [string, (count: number, seed: number) => Promise<FuzzResult>])[] = [
  ['mllp', fuzzMllp],
  ['stow', fuzzStow],
  ['dimse', fuzzDimse],
  ['fhir', fuzzFhir],
  ['http', fuzzHttp],
  ['mapping', fuzzMapping],
  // Each loads a map: a twentieth takes as long as the others.
  ['rows', (all, seed) => fuzzRows(Math.ceil(all / 20), seed)],
  ['overlays', (all, seed) => fuzzOverlays(all, seed)],
  ['overlays, another seed', (all, seed) => fuzzOverlays(all, seed + 1)],
];

const asked = process.argv.slice(2).filter((word) => protocols.some(([name]) => name === word));
let failed = 0;
for (const [name, fuzz] of protocols) {
  if (asked.length > 0 && !asked.includes(name)) continue;
  const { sent, answered, failures } = await fuzz(count, seed);
  failed += failures.length;
  process.stdout.write(
    `${name}: ${sent} sent, ${answered} answered as specified, ${failures.length} failures (seed ${seed})\n`,
  );
  for (const failure of failures.slice(0, shownFailures))
    process.stdout.write(`  ${JSON.stringify(failure)}\n`);
}
process.exit(failed === 0 ? 0 : 1);
