import { parseArgs } from 'node:util';
import { startSandboxEhr } from './start.ts';

// node dist/server/sandbox-ehr/main.js [--port N] [--journal FILE]: prints one JSON line when it listens, runs until SIGTERM or SIGINT.
const { values } = parseArgs({
  options: { port: { type: 'string', default: '0' }, journal: { type: 'string' } },
});
const sandbox = await startSandboxEhr({
  port: Number(values.port),
  ...(values.journal === undefined ? {} : { journal: values.journal }),
});
process.stdout.write(`${JSON.stringify({ ready: true, url: sandbox.url })}\n`);

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, () => {
    sandbox.close().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  });
}
