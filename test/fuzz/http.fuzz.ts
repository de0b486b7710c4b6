import { connect } from 'node:net';
import fc from 'fast-check';
import { apiToken, exampleMessage, startServer, type TestServer } from '../server/http/harness.ts';
import { type HttpInput, httpInputs } from './http-inputs.ts';
import { slowOnlyWhenAlways } from './slow.ts';

export interface HttpFuzzFailure {
  readonly kind: string;
  readonly problem: string;
  /** The first bytes of the input, to send it again. */
  readonly input: string;
}

const answerMsMax = 1_000;
const clientsCount = 8;

const isSlow = (problem: string | null | undefined): boolean => problem === 'slow';

/**
 * Sends `count` malformed requests to the API behind a real listener. Each is answered within a second by a status that fits and,
 * when it is a refusal, by problem details with a code; an unfinished one is dropped when its client goes. At the end a good request is
 * answered.
 */
export async function fuzzHttp(
  count: number,
  seed: number,
): Promise<{ sent: number; answered: number; failures: HttpFuzzFailure[] }> {
  const server = await startServer({
    argv: [
      '--http-limits-requests-per-second=1000000',
      '--http-limits-burst=1000000',
      '--http-limits-body-bytes-max=65536',
    ],
  });
  await server.store.accept(exampleMessage());
  const inputs = fc.sample(httpInputs(apiToken), { numRuns: count, seed });
  const failures: HttpFuzzFailure[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    for (let input = inputs[next++]; input !== undefined; input = inputs[next++]) {
      const problem = await slowOnlyWhenAlways(() => judge(server.port, input), isSlow);
      if (problem !== null)
        failures.push({ kind: input.kind, problem, input: input.bytes.subarray(0, 300).toString('latin1') });
    }
  };
  await Promise.all(Array.from({ length: clientsCount }, work));
  failures.push(...(await lastWord(server)));
  await server.stop();
  return { sent: count, answered: count - failures.length, failures };
}

async function lastWord(server: TestServer): Promise<readonly HttpFuzzFailure[]> {
  const good = await server.get('/api/messages?mrn=P-100');
  return good.status === 200
    ? []
    : [{ kind: 'a good request at the end', problem: `status ${good.status}`, input: '' }];
}

async function judge(port: number, input: HttpInput): Promise<string | null> {
  const answer = await exchange(port, input);
  if (answer === 'slow') return input.isWhole ? 'slow' : null;
  if (answer === '') return input.isWhole ? 'closed without an answer' : null;
  const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1] ?? 0);
  if (!input.statuses.includes(status)) return `status ${status}`;
  const isHead = input.bytes.subarray(0, 5).toString() === 'HEAD ';
  if (status >= 400 && !isHead && !/"code":"BH_[A-Z0-9_]+"/.test(answer))
    return `status ${status} without a code`;
  return null;
}

/** All that comes back until the other side closes; 'slow' when nothing did within a second. */
function exchange(port: number, { bytes, isWhole }: HttpInput): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    let answer = '';
    const timer = setTimeout(() => finish(answer === '' ? 'slow' : answer), answerMsMax);
    const finish = (result: string): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(result);
    };
    socket.on('data', (chunk) => {
      answer += chunk.toString('latin1');
      // A kept connection stays open; its first answer is the one that counts.
      if (/\r\n\r\n/.test(answer) && !/^connection: close/im.test(answer))
        setTimeout(() => finish(answer), 5);
    });
    socket.on('close', () => finish(answer));
    socket.on('error', () => finish(answer));
    socket.write(bytes);
    // Half of a request, and then nobody: the engine sees the end of the stream.
    if (!isWhole) socket.end();
  });
}
