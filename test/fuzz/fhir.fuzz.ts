import { pathToFileURL } from 'node:url';
import { Pool } from 'undici';
import type { Arrival } from '../../core/message.ts';
import { type IngestApp, startIngestApp } from '../connectors/fhir/ingest-app.ts';
import { type FhirInput, fhirInput } from './fhir-inputs.ts';
import type { FuzzReport } from './mllp.fuzz.ts';
import { Dice } from './mllp-inputs.ts';
import { slowOnlyWhenAlways } from './slow.ts';

/** No answer may take longer. */
const answerMs = 1_000;

const isSlow = (problem: string | null | undefined): boolean => problem === 'slow';

/**
 * Sends malformed requests at a real FHIR ingest and checks each: answered within a second, with a status that the specification
 * names, as an OperationOutcome, and kept exactly when its content was read.
 */
export async function fuzzFhir(count: number, seed: number): Promise<FuzzReport> {
  const dice = new Dice(seed);
  const app = await startIngestApp();
  const pool = new Pool(new URL(app.url).origin, { connections: 1, pipelining: 1 });
  const failures: string[] = [];
  for (let nth = 0; nth < count; nth++) {
    const input = fhirInput(nth, dice);
    const fault = await slowOnlyWhenAlways(() => {
      app.arrivals.length = 0;
      app.blobs.clear();
      return faultOf(input, pool, app);
    }, isSlow);
    if (fault !== undefined) failures.push(`seed ${seed}, input ${nth}, ${input.name}: ${fault}`);
  }
  await pool.destroy();
  await app.close();
  return { sent: count, answered: count - failures.length, failures };
}

async function faultOf(input: FhirInput, pool: Pool, app: IngestApp): Promise<string | undefined> {
  const startMs = performance.now();
  try {
    const { path, headers, body } = input;
    const answer = await pool.request({ method: 'POST', path: `/fhir${path}`, headers, body });
    const text = await answer.body.text();
    const tookMs = performance.now() - startMs;
    if (!input.expected.includes(answer.statusCode)) return `HTTP ${answer.statusCode} ${text.slice(0, 300)}`;
    if (tookMs > answerMs) return 'slow';
    const { resourceType } = JSON.parse(text) as { resourceType?: string };
    // A batch, transaction or message that was taken is answered in kind.
    const wanted = answer.statusCode === 200 ? 'Bundle' : 'OperationOutcome';
    if (resourceType !== wanted) return `no ${wanted}`;
    return keepingFault(answer.statusCode, app.arrivals);
  } catch (error) {
    return String(error);
  }
}

function keepingFault(status: number, arrivals: readonly Arrival[]): string | undefined {
  const kept = arrivals.map((arrival) => arrival.refusal?.code ?? 'accepted').join();
  const expected =
    { 200: 'accepted', 202: 'accepted', 400: 'BH_FHIR_SYNTAX', 422: 'BH_FHIR_INVALID' }[status] ?? '';
  // A batch with faulty entries is kept whole, and without them.
  if (status === 200 && kept === 'BH_FHIR_INVALID,accepted') return undefined;
  return kept === expected ? undefined : `kept as "${kept}", expected "${expected}"`;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const report = await fuzzFhir(Number(process.argv[2] ?? 10_000), Number(process.argv[3] ?? 1));
  process.stdout.write(`${JSON.stringify({ ...report, failures: report.failures.slice(0, 20) }, null, 1)}\n`);
}
