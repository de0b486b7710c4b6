import { dicomResultContentType } from '../../core/dicom-object.ts';
import { toBitHiveError } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import type { Message } from '../../core/message.ts';
import type { AuditEvent } from '../../core/ports/index.ts';
import type { EnginePorts } from '../../pipelines/runtime/engine.ts';
import type { ReidentifySettings } from '../../pipelines/steps/reidentify-result.ts';
import { createStoreAudit } from '../../platform/audit/store-audit.ts';
import { bodyBytes, inPieces } from './body-bytes.ts';
import type { PseudonymKeys } from './pseudonym-keys.ts';
import { sentStudies } from './sent-studies.ts';
import type { TurnBackThread } from './turn-back-thread.ts';
import type { TurnedBack } from './turn-back-worker/protocol.ts';

interface Running {
  readonly ports: Pick<EnginePorts, 'store' | 'blobs' | 'clock'>;
  readonly pseudonymKeys: PseudonymKeys;
  readonly turnBackThread: Pick<TurnBackThread, 'result'>;
}

/**
 * A result under the names of the hospital: its body in the blob store, its facts those of the new object. That somebody was made known again is an audit event,
 * durable before anything else sees the object; so is a refusal.
 *
 * @throws BH_REIDENTIFY_*, BH_DICOM_*, BH_STOPPING
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
    const { bytes, facts } = await turnedBack(message, settings, running);
    const { hash, bytesCount } = await blobs.put(inPieces(bytes), bytes.length);
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
  { ports, pseudonymKeys, turnBackThread }: Running,
): Promise<TurnedBack> {
  const secrets = pseudonymKeys.of({ channel, name: destination });
  const bytes = await bodyBytes(message.body, ports.blobs);
  return turnBackThread.result(
    { bytes, documents },
    sentStudies({ ...ports, channel, destination, secrets }),
  );
}
