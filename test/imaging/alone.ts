import { spawnSync } from 'node:child_process';
import { networkInterfaces } from 'node:os';

/**
 * Debian's Orthanc listens on all interfaces, whatever its configuration says. So what starts it runs in a network namespace of its own,
 * that has loopback and nothing else: nobody outside can reach it, and all ports are free.
 */
const flags = process.getuid?.() === 0 ? '-n' : '-rn';
const raiseLoopback = 'ip link set lo up && exec "$@"';
const inFront = ['unshare', flags, 'sh', '-c', raiseLoopback, 'sh'] as const;

/** Whether this process has no network but loopback. */
export const isAlone = (): boolean =>
  Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .every(({ internal }) => internal);

/** Whether this machine lets us make a namespace (a container may forbid it). */
export const canBeAlone = (): boolean => isAlone() || runAlone(['true'], 'ignore') === 0;

/** Runs a program in a namespace of its own; its exit status. */
export function runAlone(command: readonly string[], stdio: 'inherit' | 'ignore' = 'inherit'): number {
  const [program, ...rest] = isAlone() ? command : [...inFront, ...command];
  return spawnSync(program as string, rest, { stdio }).status ?? 1;
}
