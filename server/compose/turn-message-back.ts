import { dicomResultContentType } from '../../core/dicom-object.ts';
import { BitHiveError, toBitHiveError } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import { limits } from '../../core/limits.ts';
import { bodySizeOf, type Message } from '../../core/message.ts';
import type { AuditEvent, Blobs } from '../../core/ports/index.ts';
import { instanceFacts, readDataset } from '../../formats/dicom/index.ts';
import { turnBack } from '../../mappings/deidentify/index.ts';
import type { EnginePorts } from '../../pipelines/runtime/engine.ts';
import type { ReidentifySettings } from '../../pipelines/steps/reidentify-result.ts';
import { createStoreAudit } from '../../platform/audit/store-audit.ts';
import type { PseudonymKeys } from './pseudonym-keys.ts';
import { sentStudies } from './sent-studies.ts';

interface Running {
  readonly ports: Pick<EnginePorts, 'store' | 'blobs' | 'clock'>;
  readonly pseudonymKeys: PseudonymKeys;
}

/**
 * A result under the names of the hospital: its body in the blob store, its facts those of the new object. That somebody was made known again is an audit event,
 * durable before anything else sees the object; so is a refusal.
 *
 * @throws BH_REIDENTIFY_*, BH_DICOM_*
 */
export async function turnMessageBack(
  message: Message,
  settings: ReidentifySettings,
  running: Running,
): Promise<Message> {
  const { blobs, store, clock } = running.ports;
  const audit = (outcome: AuditEvent['outcome'], more: JsonObject) =>
    createStoreAudit(store).record({
      action: 'execute',
      operation: 'result.reidentify',
      agent: `channel ${message.channel}`,
      outcome,
      atMs: clock.nowMs(),
      entities: {
        message: message.id,
        sender: message.sender,
        sentBy: `${settings.channel}/${settings.destination}`,
        ...more,
      },
    });
  try {
    const bytes = await turnedBack(message, settings, running);
    const { hash, bytesCount } = await blobs.put(whole(bytes), bytes.length);
    const facts = instanceFacts(readDataset(bytes));
    const { studyInstanceUid, sopInstanceUid, patientId = '' } = facts;
    await audit('success', { studyInstanceUid, sopInstanceUid, patientId });
    return {
      ...message,
      // For the archives of a channel it is a result like the engine's own: `pacs: {}` takes it, and what sends originals out again does not.
      contentType: dicomResultContentType,
      body: { kind: 'blob', hash, bytesCount },
      facts: { ...(facts as unknown as JsonObject), blob: hash, bytesCount },
    };
  } catch (error) {
    const { code, entry } = toBitHiveError(error);
    if (entry.permanent) await audit('refused', { code });
    throw error;
  }
}

async function turnedBack(
  message: Message,
  { channel, destination, documents }: ReidentifySettings,
  { ports, pseudonymKeys }: Running,
): Promise<Uint8Array> {
  const { bytesCount } = bodySizeOf(message.body);
  if (bytesCount > limits.deidentifyObjectBytesMax)
    throw new BitHiveError('BH_DICOM_LIMIT', `${bytesCount} bytes are too many to be turned back`);
  const pseudonyms = pseudonymKeys.of({ channel, name: destination });
  const studyOf = sentStudies({ ...ports, channel, destination, pseudonyms });
  return turnBack(await bytesOf(message, ports.blobs), { studyOf, documents });
}

const bytesOf = async ({ body }: Message, blobs: Pick<Blobs, 'read'>): Promise<Uint8Array> =>
  body.kind === 'inline' ? body.bytes : blobs.read(body.hash);

async function* whole(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
