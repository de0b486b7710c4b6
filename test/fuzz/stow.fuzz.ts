import { createHash } from 'node:crypto';
import { catalogue } from '../../core/error-catalogue.ts';
import type { Arrival } from '../../core/message.ts';
import { bodyOf, inPieces, multipartType } from '../connectors/dicomweb/raw-client.ts';
import { blobOf } from '../connectors/dicomweb/stow-answers.ts';
import { memoryAccept, type Receiver, startReceiver } from '../connectors/dicomweb/stow-setup.ts';
import { slowOnlyWhenAlways } from './slow.ts';
import { fuzzLimits, wrongBody } from './stow-bodies.ts';
import { Chance } from './stow-chance.ts';
import { type Answered, FuzzClient } from './stow-client.ts';
import { goodObject, type WrongObject, wrongObject } from './stow-objects.ts';

export interface FuzzFailure {
  readonly kind: string;
  /** Seed of the one input: `fuzzStow(1, seed)` sends it again. */
  readonly seed: number;
  readonly problem: string;
}

const answerMsMax = 1_000;
const connectionsCount = 8;

/** The engine, with a way to see what became of one object. */
interface Target {
  readonly receiver: Receiver;
  readonly client: FuzzClient;
  readonly arrived: ReadonlyMap<string, Arrival>;
}

/**
 * Sends `count` malformed requests to a receiver behind a real listener: frames that are wrong and objects that are wrong. Each must be
 * answered within a second as protocol-answers.md says, what is refused must be kept, and the receiver must take a good object at the end.
 */
export async function fuzzStow(
  count: number,
  seed: number,
): Promise<{ sent: number; answered: number; failures: FuzzFailure[] }> {
  const arrived = new Map<string, Arrival>();
  const remember = memoryAccept([]);
  const receiver = await startReceiver({ limits: fuzzLimits }, (arrival) => {
    arrived.set(blobOf(arrival), arrival);
    return remember(arrival);
  });
  const target: Target = { receiver, client: new FuzzClient(`${receiver.url}/studies`), arrived };
  const failures: FuzzFailure[] = [];
  let sent = 0;
  const work = async (): Promise<void> => {
    while (sent < count) {
      const one = seed + sent;
      sent += 1;
      const { kind, problem } = await slowOnlyWhenAlways(
        () => sendOne(target, one),
        (tried) => tried.problem === 'slow',
      );
      if (problem !== null) failures.push({ kind, seed: one, problem });
    }
  };
  await Promise.all(Array.from({ length: connectionsCount }, work));
  const last = await target.client.post(bodyOf([goodObject()]), { 'content-type': multipartType });
  if (last.status !== 200)
    failures.push({ kind: 'a good object at the end', seed, problem: `status ${last.status}` });
  const left = await receiver.leftovers();
  if (left.length > 0)
    failures.push({ kind: 'unfinished blobs at the end', seed, problem: String(left.length) });
  target.client.close();
  await receiver.close();
  return {
    sent,
    answered: sent - failures.filter((failure) => failure.kind !== 'unfinished blobs at the end').length,
    failures,
  };
}

async function sendOne(target: Target, seed: number): Promise<{ kind: string; problem: string | null }> {
  const chance = new Chance(seed);
  if (chance.below(2) === 0) {
    const { kind, body, headers, statuses } = wrongBody(chance);
    // Not so many pieces that the sender itself takes a second.
    const pieceBytes = Math.ceil(body.length / 2_000) + chance.below(5_000);
    const answer = await target.client.post(
      chance.below(4) === 0 ? inPieces(body, pieceBytes) : body,
      headers,
    );
    return {
      kind,
      problem: common(answer) ?? (statuses.includes(answer.status) ? null : `status ${answer.status}`),
    };
  }
  const object = wrongObject(chance);
  const answer = await target.client.post(bodyOf([object.bytes]), { 'content-type': multipartType });
  return { kind: object.kind, problem: common(answer) ?? judgeObject(target, object, answer) };
}

/** What holds for every answer. */
function common(answer: Answered): string | null {
  if (answer.status === 0) return `no answer: ${answer.text}`;
  if (answer.elapsedMs > answerMsMax) return 'slow';
  if (answer.status >= 500) return `status ${answer.status}: ${answer.text}`;
  if (answer.text.includes('BH_INTERNAL')) return answer.text;
  return null;
}

function judgeObject(target: Target, object: WrongObject, answer: Answered): string | null {
  const arrival = target.arrived.get(createHash('sha256').update(object.bytes).digest('hex'));
  if (arrival === undefined) return 'the object was not kept';
  if (answer.status === 200 || answer.status === 202) {
    if (arrival.refusal !== undefined) return 'answered as stored, but quarantined';
    return Array.isArray(object.expected) ? 'stored, though it must be refused' : null;
  }
  if (answer.status !== 409 || object.expected === 'stored') return `status ${answer.status}: ${answer.text}`;
  const code = arrival.refusal?.code ?? '';
  if (!code.startsWith('BH_DICOM_')) return `refused as ${code}`;
  if (Array.isArray(object.expected) && !object.expected.includes(code)) return `refused as ${code}`;
  const reason = JSON.parse(answer.text)['00081198'].Value[0]['00081197'].Value[0];
  return reason === catalogue[code as keyof typeof catalogue].dicom ? null : `${code} told as ${reason}`;
}
