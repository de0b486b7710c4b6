import { closeSync, fdatasyncSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { adtMessage } from './adt.ts';

/** Groups of `size` messages appended to a file and synced, one group after the other: what the disk itself allows. Messages per second. */
export function bareAppendPerSecond(folder: string, size: number, durationMs: number): number {
  const file = openSync(join(folder, 'append.bin'), 'w');
  const group = Buffer.concat(
    Array.from({ length: size }, (_, index) => adtMessage(`append-${index}`, index)),
  );
  const startedAt = performance.now();
  let groups = 0;
  while (performance.now() - startedAt < durationMs) {
    writeSync(file, group);
    fdatasyncSync(file);
    groups += 1;
  }
  const seconds = (performance.now() - startedAt) / 1000;
  closeSync(file);
  return (groups * size) / seconds;
}
