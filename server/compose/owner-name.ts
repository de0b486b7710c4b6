import { hostname } from 'node:os';
import type { Random } from '../../core/ports/index.ts';

/** Name of this engine node among those that share a store; another one on every start, so that old leases are never its own. */
export function ownerName(random: Random): string {
  return `${hostname()}:${process.pid}:${Buffer.from(random.bytes(6)).toString('hex')}`;
}
