import type { Socket } from 'node:net';
import type { Clock } from '../../../core/ports/index.ts';

/**
 * Closes a connection whose last PDU was handed over: the peer has so long to read it and to close its own side, and what it still sends is
 * dropped. Without that a reset would overtake the last PDU (PS3.8 9.2: state 13 under the ARTIM timer).
 */
export function closeSocket(socket: Socket, clock: Clock, lingerMs: number): void {
  if (socket.destroyed) return;
  socket.removeAllListeners('data');
  socket.resume();
  const cancel = clock.after(lingerMs, () => socket.destroy());
  socket.once('close', cancel);
  socket.end();
}
