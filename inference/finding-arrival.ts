import { createHash } from 'node:crypto';
import { type Finding, findingContentType } from '../core/inference.ts';
import { limits } from '../core/limits.ts';
import type { Arrival, Body, SearchKey } from '../core/message.ts';
import type { Blobs } from '../core/ports/blobs.ts';

/** The finding as the message that the engine accepts. A study so large that its list of instances passes the inline limit goes to a blob. */
export async function findingArrival(finding: Finding, blobs: Blobs): Promise<Arrival> {
  const bytes = new Uint8Array(Buffer.from(JSON.stringify(finding)));
  return {
    kind: 'finding',
    type: finding.model.name,
    sender: 'grid',
    contentType: findingContentType,
    body: await bodyOf(bytes, blobs),
    searchKeys: searchKeysOf(finding),
    dedupe: dedupeOf(finding),
  };
}

/**
 * The key names the question (study, its version, model), the hash the answer without its times and without the last digits of its
 * probability, which may differ between two processors. So a second run of the same job is a duplicate and is processed once, while a run
 * that ended otherwise (refused first, completed after a repair) is kept beside it.
 */
function dedupeOf(finding: Finding): { key: string; contentHash: string } {
  const { study, model } = finding;
  const key = [
    'finding',
    study.studyInstanceUid,
    study.version,
    model.name,
    model.version,
    model.sha256,
  ].join('|');
  const answer = finding.status === 'completed' ? String(finding.positive) : finding.code;
  const identity = [key, finding.status, finding.sopInstanceUid ?? '', answer].join('|');
  return { key, contentHash: createHash('sha256').update(identity).digest('hex') };
}

function searchKeysOf({ study, order, sopInstanceUid }: Finding): SearchKey[] {
  const instance = study.instances.find((one) => one.sopInstanceUid === sopInstanceUid) ?? study.instances[0];
  const accession = instance?.accessionNumber ?? order?.accessionNumber;
  const mrn = instance?.patientId ?? order?.patientId;
  const keys: SearchKey[] = [['study-uid', study.studyInstanceUid]];
  if (sopInstanceUid) keys.push(['sop-uid', sopInstanceUid]);
  if (accession) keys.push(['accession', accession]);
  if (mrn) keys.push(['mrn', mrn]);
  return keys;
}

async function bodyOf(bytes: Uint8Array, blobs: Blobs): Promise<Body> {
  if (bytes.byteLength <= limits.inlineBodyBytesMax) return { kind: 'inline', bytes };
  const stored = await blobs.put(one(bytes), bytes.byteLength);
  return { kind: 'blob', hash: stored.hash, bytesCount: stored.bytesCount };
}

async function* one(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
