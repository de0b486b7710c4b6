import type { FastifyReply } from 'fastify';
import type { BitHiveError } from '../../core/errors.ts';
import type { InstanceResult } from '../dicom-objects/instance-result.ts';
import { nativeDicomXml } from './native-dicom-xml.ts';
import { storeResponse, storeStatus } from './store-response.ts';
import type { AnswerFormat } from './stow-request.ts';

/** Seconds after which a client that met a busy, stopping or full engine should come back. */
const retryAfterSeconds = 5;

/** Answers a request that was read to its end, instance by instance. */
export function sendStoreResponse(
  reply: FastifyReply,
  results: readonly InstanceResult[],
  base: string,
  format: AnswerFormat,
): FastifyReply {
  const response = storeResponse(results, base);
  const text = format === 'json' ? JSON.stringify(response) : nativeDicomXml(response);
  return withRetryAfter(reply, storeStatus(results))
    .header('content-type', `application/dicom+${format}`)
    .send(Buffer.from(text));
}

/**
 * Answers a request that is refused as a whole, with problem details (RFC 9457). Instances that were stored before the body broke stay
 * stored, and sending them again is harmless: `detail` says so.
 */
export function sendProblem(reply: FastifyReply, error: BitHiveError, storedCount: number): FastifyReply {
  const { title, http, next } = error.entry;
  const kept =
    storedCount === 0 ? '' : `; ${storedCount} instances before it are stored, send them all again`;
  const problem = {
    type: 'about:blank',
    title,
    status: http,
    detail: `${error.detail}${kept}`,
    code: error.code,
    next,
  };
  return withRetryAfter(reply, http)
    .header('content-type', 'application/problem+json')
    .send(Buffer.from(JSON.stringify(problem)));
}

function withRetryAfter(reply: FastifyReply, status: number): FastifyReply {
  reply.code(status);
  return status === 503 || status === 507 ? reply.header('retry-after', String(retryAfterSeconds)) : reply;
}
