import { type ChildProcess, spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { connect } from 'node:net';
import { delimiter, join } from 'node:path';

/** Where a program of dcmtk is; null where it is not installed. */
export function dcmtk(name: string): string | null {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    const path = join(folder, name);
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // Not in this folder.
    }
  }
  return null;
}

/** dcmtk without Nagle's algorithm: with it every object waits 40 ms. */
export const dcmtkEnvironment = { ...process.env, TCP_NODELAY: '1' };

/** dcmtk's receiver: one process an association, files written and not synced. */
export async function startStorescp(program: string, folder: string, port: number): Promise<ChildProcess> {
  const child = spawn(program, ['--fork', '-od', folder, '-aet', 'BENCH', String(port)], {
    env: dcmtkEnvironment,
    stdio: 'ignore',
  });
  while (!(await isListening(port))) await new Promise((resolve) => setTimeout(resolve, 50));
  return child;
}

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
