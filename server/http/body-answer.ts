import { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';
import type { Body } from '../../core/message.ts';
import type { Blobs } from '../../core/ports/index.ts';

/** Types that no browser runs; everything else leaves as bytes, whatever its sender called it. */
const harmless =
  /^(application\/(json|fhir\+json|dicom|hl7-v2|vnd\.bithive\.[a-z-]+\+json)|x-application\/hl7-v2\+er7|text\/hl7v2)\b/i;

/** The bytes as they were kept, as a file to save: never shown by a browser as a page of this engine. */
export function bodyAnswer(
  reply: FastifyReply,
  blobs: Pick<Blobs, 'stream'>,
  {
    body,
    contentType,
    fileName,
  }: { readonly body: Body; readonly contentType: string; readonly fileName: string },
): Buffer | Readable {
  reply
    .type(harmless.test(contentType) ? contentType : 'application/octet-stream')
    .header('content-disposition', `attachment; filename="${fileName}"`)
    .header('content-length', body.kind === 'inline' ? body.bytes.length : body.bytesCount);
  return body.kind === 'inline'
    ? Buffer.from(body.bytes)
    : Readable.from(blobs.stream(body.hash), { objectMode: false });
}
