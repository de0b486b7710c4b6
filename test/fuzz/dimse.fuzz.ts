import { memoryAccept } from '../connectors/dicomweb/stow-setup.ts';
import { type Node, startNode } from '../connectors/dimse/node-setup.ts';
import { elements, readCommand } from '../dimse/command-bytes.ts';
import { fileParts } from '../dimse/file-parts.ts';
import { pduTypes } from '../dimse/pdu-bytes.ts';
import { type Heard, RawAssociation } from '../dimse/raw-association.ts';
import { context, type DimseInput, dimseInput, good } from './dimse-inputs.ts';
import { slowOnlyWhenAlways } from './slow.ts';
import type { FuzzFailure } from './stow.fuzz.ts';
import { Chance } from './stow-chance.ts';
import { goodObject } from './stow-objects.ts';

const answerMsMax = 1_000;
/** Longer than that is not waited for. */
const hearMs = 10_000;
const lanes = 8;
const growthBytesMax = 64 * 1024 * 1024;
/** Inputs until the heap has its size. */
const settledAfter = 2_000;

/**
 * Sends `count` malformed inputs to a DICOM node of ours, each over a connection of its own: PDUs that are wrong, come out of order or claim
 * gigabytes, commands and objects that are wrong. Each must be answered within a second as protocol-answers.md says, memory must not
 * grow, what is refused as an object must be kept, and the node must take a good object at the end.
 */
export async function fuzzDimse(
  count: number,
  seed: number,
): Promise<{ sent: number; answered: number; failures: FuzzFailure[] }> {
  const remember = memoryAccept([]);
  let keptCount = 0;
  const node = await startNode({ artimMs: 2_000 }, (arrival) => {
    if (arrival.refusal !== undefined) keptCount += 1;
    return remember(arrival);
  });
  const failures: FuzzFailure[] = [];
  let sent = 0;
  let refusedCount = 0;
  let settledRss = Number.POSITIVE_INFINITY;
  const work = async (): Promise<void> => {
    while (sent < count) {
      const one = seed + sent;
      sent += 1;
      if (sent === settledAfter) settledRss = process.memoryUsage.rss();
      const { kind, problem, isRefusal } = await slowOnlyWhenAlways(
        () => sendOne(node, one),
        (tried) => tried.problem === 'slow',
      );
      if (problem !== null) failures.push({ kind, seed: one, problem });
      if (isRefusal === true) refusedCount += 1;
    }
  };
  await Promise.all(Array.from({ length: lanes }, work));
  const atTheEnd = await problemsAtTheEnd(node, settledRss);
  if (keptCount < refusedCount) atTheEnd.push(`${refusedCount} objects were refused, ${keptCount} kept`);
  for (const problem of atTheEnd) failures.push({ kind: 'at the end', seed, problem });
  await node.close();
  return { sent, answered: sent - (failures.length - atTheEnd.length), failures };
}

interface Tried {
  readonly kind: string;
  readonly problem: string | null;
  /** An object that was refused, and so must be kept. */
  readonly isRefusal?: boolean;
}

async function sendOne(node: Node, seed: number): Promise<Tried> {
  const chance = new Chance(seed);
  const input = dimseInput(chance);
  const { kind } = input;
  const association = await RawAssociation.connect(node.port);
  try {
    if (input.isAssociated && (await association.associate(good)) === null)
      return { kind, problem: 'no association' };
    const startMs = performance.now();
    const pieceBytes = chance.below(4) === 0 ? 1 + chance.below(200) : Number.POSITIVE_INFINITY;
    for (const bytes of input.bytes) await sendInPieces(association, bytes, pieceBytes);
    if (input.then === 'close') return { kind, problem: null };
    const heard = nameOf(await association.hear(hearMs));
    if (performance.now() - startMs > answerMsMax) return { kind, problem: 'slow' };
    const isRefusal = kind.startsWith('object: ') && heard.startsWith('status ') && heard !== 'status 0000';
    return { kind, problem: isExpected(heard, input) ? null : heard, isRefusal };
  } finally {
    association.destroy();
  }
}

async function sendInPieces(association: RawAssociation, bytes: Buffer, pieceBytes: number): Promise<void> {
  // Not so many pieces that the sender itself takes a second.
  const step = Math.max(pieceBytes, bytes.length / 200);
  if (step >= bytes.length) return association.send(bytes);
  for (let at = 0; at < bytes.length; at += Math.ceil(step))
    await association.send(bytes.subarray(at, at + Math.ceil(step)));
}

const isExpected = (heard: string, { expected }: DimseInput): boolean =>
  expected.some((one) => (one.endsWith('*') ? heard.startsWith(one.slice(0, -1)) : heard === one)) &&
  // Ours is no fault of the sender's.
  heard !== 'status 0110';

function nameOf(heard: Heard): string {
  if (typeof heard === 'string') return heard;
  const { type, body } = heard;
  if (type === pduTypes.associateAc) return 'accept';
  if (type === pduTypes.abort) return `abort ${body[2]}/${body[3]}`;
  if (type === pduTypes.associateRj) return `reject ${body[1]}/${body[2]}/${body[3]}`;
  if (type !== pduTypes.data) return `PDU ${type}`;
  const status = readCommand(body.subarray(6)).get(elements.status) ?? -1;
  return `status ${status.toString(16).padStart(4, '0')}`;
}

async function problemsAtTheEnd(node: Node, settledRss: number): Promise<string[]> {
  const problems: string[] = [];
  const association = await RawAssociation.connect(node.port);
  await association.associate(good);
  const { sopInstanceUid, dataSet } = fileParts(goodObject());
  const status = await association.store(context, sopInstanceUid, dataSet);
  if (status !== 0) problems.push(`a good object: ${status}`);
  await association.release();
  const left = await node.leftovers();
  if (left.length > 0) problems.push(`${left.length} unfinished blobs`);
  const grownBytes = process.memoryUsage.rss() - settledRss;
  if (grownBytes > growthBytesMax) problems.push(`memory grew by ${grownBytes} bytes`);
  return problems;
}
