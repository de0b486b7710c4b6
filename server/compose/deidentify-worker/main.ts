import { answerRequests, ownBytes } from '../../../connectors/request-thread-port.ts';
import { deidentify, pseudonymsOf } from '../../../mappings/deidentify/index.ts';
import type { DeidentifyReply, DeidentifyRequest } from './protocol.ts';

// Objects are de-identified here, one after the other: one of a million items takes seconds, as does a masked JPEG 2000 image, and the engine's
// own thread must acknowledge messages meanwhile.
answerRequests(async ({ bytes, policy, secret, askedUids }: DeidentifyRequest) => {
  const object = await deidentify(bytes, policy, pseudonymsOf(secret));
  const asked = new Set(askedUids);
  const uids = [...object.uids].filter(([uid, made]) => asked.has(uid) || made === object.studyInstanceUid);
  const own = ownBytes(object.bytes);
  const result: DeidentifyReply = { ...object, bytes: own, uids: new Map(uids) };
  return { result, transfer: [own.buffer] };
});
