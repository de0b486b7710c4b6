import type { ChildProcess } from 'node:child_process';

/** A test or a demonstration that breaks leaves nothing running behind it. */
export function endWithUs(child: ChildProcess): void {
  const kill = (): void => {
    child.kill('SIGKILL');
  };
  process.once('exit', kill);
  child.once('exit', () => process.off('exit', kill));
}
