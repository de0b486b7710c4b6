import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export interface ReadyEngine {
  readonly mllpPort: number;
  /** 0: its channels have no such door. */
  readonly dimsePort: number;
  readonly httpUrl: string;
  readonly tokenFile: string;
  readonly process: ChildProcess;
}

interface ReadyLine {
  readonly ready: boolean;
  readonly listening: readonly { readonly protocol: string; readonly host: string; readonly port: number }[];
  readonly tokenFile: string;
}

const main = fileURLToPath(new URL('../../server/cli/main.js', import.meta.url));

/** Starts `bithive serve` and waits for its ready line. `prefix` puts a program in front (strace ...). */
export async function startEngine(
  args: readonly string[],
  environment: NodeJS.ProcessEnv,
  prefix: readonly string[] = [],
): Promise<ReadyEngine> {
  const [command, ...rest] = [...prefix, process.execPath, main, 'serve', ...args] as [string, ...string[]];
  const child = spawn(command, rest, { env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
  let log = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    log = (log + chunk.toString('utf8')).slice(-20_000);
  });
  const ready = await new Promise<ReadyLine>((resolve, reject) => {
    child.once('exit', (code, signal) =>
      reject(new TypeError(`the engine ended (${code ?? signal}) before it was ready\n${log}`)),
    );
    createInterface({ input: child.stdout as NonNullable<typeof child.stdout> }).on('line', (line) => {
      if (line.includes('"ready"')) resolve(JSON.parse(line) as ReadyLine);
    });
  });
  const door = (protocol: string) => ready.listening.find((one) => one.protocol === protocol);
  const mllp = door('mllp');
  const http = door('http');
  if (!mllp || !http) throw new TypeError(`doors are missing: ${JSON.stringify(ready.listening)}`);
  return {
    mllpPort: mllp.port,
    dimsePort: door('dimse')?.port ?? 0,
    httpUrl: `http://${http.host}:${http.port}`,
    tokenFile: ready.tokenFile,
    process: child,
  };
}

export async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill(signal);
  await gone;
}
