#!/usr/bin/env node
import { userInfo } from 'node:os';
import { run } from './run.ts';
import type { World } from './verb.ts';

/** The one place where the process itself is touched: its environment, its streams, its signals, its exit code. */
const world: World = {
  env: process.env,
  cwd: process.cwd(),
  user: userName(),
  print: (text) => void process.stdout.write(`${text}\n`),
  printBytes: (bytes) => new Promise((done) => process.stdout.write(bytes, () => done())),
  say: (text) => void process.stderr.write(`${text}\n`),
  untilStopped: () =>
    new Promise((resolve) => {
      for (const signal of ['SIGTERM', 'SIGINT'] as const) {
        process.once(signal, () => {
          resolve(signal);
          // Asked twice, the process goes at once; everything acknowledged is durable whatever happens.
          process.once(signal, () => process.exit(130));
        });
      }
    }),
};

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid-${process.getuid?.() ?? 'unknown'}`; // A container's user may have no name.
  }
}

// A reader that goes away early (`| head`) is not a fault.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(0);
});

process.exitCode = await run(process.argv.slice(2), world);
