import type { FastifyError, FastifyReply } from 'fastify';
import { BitHiveError, type ErrorCode, toBitHiveError } from '../../core/errors.ts';

export const problemType = 'application/problem+json; charset=utf-8';

/** Problem details (RFC 9457) with the catalogue's code and advice. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: ErrorCode;
  readonly next: string;
}

export function problemOf(error: BitHiveError): Problem {
  const { title, http, next } = error.entry;
  return {
    type: `urn:bithive:error:${error.code}`,
    title,
    status: http,
    detail: error.detail,
    code: error.code,
    next,
  };
}

/** Seconds after which a refusal that passes by itself may be tried again. */
const retryAfterSeconds: Partial<Record<ErrorCode, number>> = {
  BH_STOPPING: 10,
  BH_STORE_BUSY: 1,
  BH_STORE_IO: 5,
  BH_HTTP_ISSUER: 5,
};

export function sendProblem(reply: FastifyReply, error: BitHiveError): FastifyReply {
  const problem = problemOf(error);
  const seconds = retryAfterSeconds[error.code];
  if (seconds !== undefined && !reply.hasHeader('retry-after')) reply.header('retry-after', seconds);
  return reply.code(problem.status).type(problemType).send(JSON.stringify(problem));
}

/** What the framework itself refuses, in the words of the catalogue. */
const frameworkCodes: { readonly [code: string]: readonly [ErrorCode, string] } = {
  FST_ERR_CTP_BODY_TOO_LARGE: ['BH_HTTP_TOO_LARGE', 'the body is over http.limits.bodyBytesMax'],
  FST_ERR_CTP_INVALID_MEDIA_TYPE: ['BH_HTTP_MEDIA_TYPE', 'application/json is taken here'],
  FST_ERR_CTP_EMPTY_JSON_BODY: ['BH_HTTP_INPUT', 'the body is empty'],
  FST_ERR_CTP_EMPTY_TYPE: ['BH_HTTP_MEDIA_TYPE', 'application/json is taken here'],
  FST_ERR_CTP_INVALID_JSON_BODY: ['BH_HTTP_INPUT', 'the body is not JSON'],
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: ['BH_HTTP_INPUT', 'the body is not as long as Content-Length says'],
  FST_ERR_BAD_URL: ['BH_HTTP_INPUT', 'the address is not well-formed'],
  FST_ERR_MAX_PARAM_LENGTH: ['BH_HTTP_NOT_FOUND', 'the address is too long'],
  ECONNRESET: ['BH_HTTP_SYNTAX', 'the client closed the connection'],
  ECONNABORTED: ['BH_HTTP_SYNTAX', 'the client closed the connection'],
};

/** Any error of a handler, a hook or the framework as a catalogue error. */
export function httpErrorOf(error: FastifyError | Error): BitHiveError {
  if (error instanceof BitHiveError) return error;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  const known = frameworkCodes[code];
  if (known) return new BitHiveError(known[0], known[1], { cause: error });
  if ('statusCode' in error && error.statusCode === 400) {
    return new BitHiveError('BH_HTTP_INPUT', 'the request cannot be read', { cause: error });
  }
  return toBitHiveError(error);
}
