import type { FastifyReply, FastifyRequest } from 'fastify';
import { BitHiveError } from '../../core/errors.ts';
import type { Clock } from '../../core/ports/index.ts';
import { sendProblem } from './problem.ts';

/** How long the rest of a body is read and thrown away after its answer, so that the answer is not lost in a reset. */
const lingerMs = 5_000;

/** Answers 408 and closes when a body is not complete within `requestMs`. */
export function watchBody(
  request: FastifyRequest,
  reply: FastifyReply,
  clock: Clock,
  requestMs: number,
): void {
  if (request.raw.complete) return;
  const cancel = clock.after(requestMs, () => {
    if (request.raw.complete || reply.sent) return;
    reply.header('connection', 'close');
    sendProblem(
      reply,
      new BitHiveError('BH_HTTP_TIMEOUT', 'the body was not complete within http.limits.requestMs'),
    );
  });
  // The answer's end, not the request's: a request that breaks off is not always closed as such.
  reply.raw.once('close', cancel);
}

/** After the answer: a client that goes on sending is cut off. */
export function dropRest(request: FastifyRequest, clock: Clock): void {
  const { raw } = request;
  if (raw.complete || raw.destroyed) return;
  raw.resume();
  const { socket } = raw;
  const done = (): void => {
    cancel();
    raw.off('end', done);
    socket.off('close', done);
  };
  const cancel = clock.after(lingerMs, () => {
    done();
    socket.destroy();
  });
  raw.once('end', done);
  socket.once('close', done);
}
