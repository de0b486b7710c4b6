import type { Socket } from 'node:net';
import { BitHiveError, type ErrorCode } from '../../core/errors.ts';
import { problemOf, problemType } from './problem.ts';

const codes: { readonly [code: string]: readonly [ErrorCode, string] } = {
  HPE_HEADER_OVERFLOW: ['BH_HTTP_HEAD_LARGE', 'the headers are over the limit'],
  ERR_HTTP_REQUEST_TIMEOUT: ['BH_HTTP_TIMEOUT', 'the head was not complete within http.limits.headMs'],
  HPE_CHUNK_EXTENSIONS_OVERFLOW: ['BH_HTTP_TOO_LARGE', 'the chunk extensions are over the limit'],
};
const phrases: { readonly [status: number]: string } = {
  400: 'Bad Request',
  408: 'Request Timeout',
  413: 'Content Too Large',
  431: 'Request Header Fields Too Large',
};

/** Answers what never became a request: there is no reply object, only the socket. It is closed after the answer. */
export function answerClientError(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const [code, detail] = codes[error.code ?? ''] ?? [
    'BH_HTTP_SYNTAX',
    'the bytes are not an HTTP/1.1 request',
  ];
  const problem = problemOf(new BitHiveError(code, detail));
  const body = JSON.stringify(problem);
  const head = [
    `HTTP/1.1 ${problem.status} ${phrases[problem.status] ?? 'Bad Request'}`,
    `Content-Type: ${problemType}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy());
}
