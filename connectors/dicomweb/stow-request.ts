import type { IncomingHttpHeaders } from 'node:http';
import { BitHiveError } from '../../core/errors.ts';
import { parseMediaType } from '../../formats/multipart/index.ts';

export type AnswerFormat = 'json' | 'xml';

/** What the headers of a store request say (PS3.18 10.5.1). */
export interface StowRequest {
  readonly answer: AnswerFormat;
  /** null: the body is one object (`application/dicom`). */
  readonly boundary: string | null;
}

const taken = 'taken are multipart/related; type="application/dicom" and application/dicom';

/**
 * Throws BH_HTTP_NOT_ACCEPTABLE, BH_HTTP_MEDIA_TYPE, BH_MULTIPART_SYNTAX (no boundary), BH_HTTP_TOO_LARGE (declared length). A multipart
 * without `type` is taken, its parts tell theirs; metadata with bulk data (PS3.18 8.6) is not.
 */
export function readStowRequest(headers: IncomingHttpHeaders, bodyBytesMax: number): StowRequest {
  const answer = answerFormat(headers.accept);
  if ((headers['content-encoding'] ?? 'identity').toLowerCase() !== 'identity') {
    throw new BitHiveError(
      'BH_HTTP_MEDIA_TYPE',
      'Content-Encoding is not taken; objects can be sent deflated',
    );
  }
  const boundary = boundaryOfBody(headers['content-type']);
  if (Number(headers['content-length'] ?? 0) > bodyBytesMax) {
    throw new BitHiveError('BH_HTTP_TOO_LARGE', `a body over ${bodyBytesMax} bytes`);
  }
  return { answer, boundary };
}

function boundaryOfBody(contentType: string | undefined): string | null {
  const media = parseMediaType(contentType ?? '');
  if (media === null) throw new BitHiveError('BH_HTTP_MEDIA_TYPE', taken);
  if (media.type === 'application/dicom') return null;
  const rootType = media.parameters.get('type')?.toLowerCase() ?? 'application/dicom';
  if (media.type !== 'multipart/related' || rootType !== 'application/dicom') {
    throw new BitHiveError('BH_HTTP_MEDIA_TYPE', taken);
  }
  const boundary = media.parameters.get('boundary');
  if (boundary === undefined) throw new BitHiveError('BH_MULTIPART_SYNTAX', 'no boundary parameter');
  return boundary;
}

const formats: readonly (readonly [RegExp, AnswerFormat])[] = [
  [/^application\/(dicom\+json|json|\*)$|^\*\/\*$/, 'json'],
  [/^application\/(dicom\+xml)$/, 'xml'],
];

/** The format with the highest quality, the first of equals (RFC 9110 section 12.5.1). Throws BH_HTTP_NOT_ACCEPTABLE. */
export function answerFormat(accept: string | undefined): AnswerFormat {
  let best: { format: AnswerFormat; quality: number } | null = null;
  for (const range of (accept ?? '*/*').split(',')) {
    const [type = '', ...parameters] = range.split(';').map((text) => text.trim().toLowerCase());
    const format = formats.find(([shape]) => shape.test(type))?.[1];
    const quality = Number(parameters.find((text) => text.startsWith('q='))?.slice(2) ?? 1);
    if (format !== undefined && quality > (best?.quality ?? 0)) best = { format, quality };
  }
  if (best !== null) return best.format;
  throw new BitHiveError(
    'BH_HTTP_NOT_ACCEPTABLE',
    'given are application/dicom+json and application/dicom+xml',
  );
}
