import { Readable } from 'node:stream';
import { BitHiveError } from '../../../core/errors.ts';
import type { Blobs } from '../../../core/ports/index.ts';
import { multipartRelated, type OutgoingPart, writeMultipart } from '../../../formats/multipart/index.ts';
import { acceptedMedia, isRange, notAcceptable } from './accepted-media.ts';
import type { HeldInstance } from './held-instance.ts';

const dicom = 'application/dicom';

/** A body to be streamed with its media type. */
export interface StreamedAnswer {
  readonly contentType: string;
  readonly body: Readable;
}

/** Those whose bodies are there. Throws BH_HTTP_NOT_FOUND for none at all, BH_HTTP_GONE when every body was removed. */
export async function present(
  instances: readonly HeldInstance[],
  blobs: Pick<Blobs, 'has'>,
): Promise<readonly HeldInstance[]> {
  if (instances.length === 0) throw new BitHiveError('BH_HTTP_NOT_FOUND', 'the engine holds no such images');
  const there: HeldInstance[] = [];
  for (const instance of instances) if (await blobs.has(instance.blob)) there.push(instance);
  if (there.length === 0) throw new BitHiveError('BH_HTTP_GONE', 'the bodies of these images were removed');
  return there;
}

/**
 * Instances as they came in (PS3.18 10.4, `application/dicom`), in a multipart body, or alone where one is asked for so. They are not
 * transcoded: a client that names other transfer syntaxes only gets BH_HTTP_NOT_ACCEPTABLE; one that names none gets them as they are, and reads in
 * each part which it is.
 */
export function objectParts(
  instances: readonly HeldInstance[],
  accept: string | undefined,
  blobs: Pick<Blobs, 'stream'>,
  boundary: string,
): StreamedAnswer {
  const isMultipart = chosenForm(instances, accept);
  if (!isMultipart && instances[0] !== undefined) {
    const [only] = instances;
    return { contentType: typeOf(only), body: Readable.from(blobs.stream(only.blob), { objectMode: false }) };
  }
  const parts = instances.map(
    (instance): OutgoingPart => ({
      headers: { 'Content-Type': typeOf(instance) },
      body: blobs.stream(instance.blob),
    }),
  );
  return {
    contentType: multipartRelated(dicom, boundary),
    body: Readable.from(writeMultipart(parts, boundary), { objectMode: false }),
  };
}

const typeOf = ({ transferSyntaxUid }: HeldInstance): string =>
  /^[0-9.]{1,64}$/.test(transferSyntaxUid) ? `${dicom}; transfer-syntax=${transferSyntaxUid}` : dicom;

/** Whether the answer is multipart. Throws BH_HTTP_NOT_ACCEPTABLE. */
function chosenForm(instances: readonly HeldInstance[], accept: string | undefined): boolean {
  for (const { type, isMultipart, transferSyntax } of acceptedMedia(accept)) {
    const isAny = transferSyntax === undefined || transferSyntax === '*';
    const fits = isAny || instances.every(({ transferSyntaxUid }) => transferSyntaxUid === transferSyntax);
    if (!isRange(type, dicom) || !fits) continue;
    if (isMultipart || type === '*/*') return true;
    if (instances.length === 1) return false;
  }
  throw notAcceptable('multipart/related; type="application/dicom", in the transfer syntax as stored');
}
