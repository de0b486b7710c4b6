import type { BlobHash } from './ids.ts';

/** A document that was cut out of a message: in the blob store, decoded. */
export interface CutDocument {
  readonly hash: BlobHash;
  readonly bytesCount: number;
  /** SHA-1 in base64, as Attachment.hash of FHIR R4 wants it. */
  readonly sha1: string;
}

/** A product or delivery whose body is the bytes of a FHIR Binary; its facts carry `url` (`Binary/id`) and `mediaType`. */
export const fhirBinaryContentType = 'application/vnd.bithive.fhir-binary';
