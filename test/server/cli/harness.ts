import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { NewMessage } from '../../../core/message.ts';
import { type Store, silentLogger } from '../../../core/ports/index.ts';
import { systemClock } from '../../../platform/clock.ts';
import { openSqliteStore } from '../../../platform/store/index.ts';
import { run } from '../../../server/cli/run.ts';
import type { World } from '../../../server/cli/verb.ts';

export interface CommandResult {
  readonly code: number;
  readonly out: string;
  readonly err: string;
  readonly bytes: Buffer;
}

/** Runs a command line as `main.ts` does, with streams that are kept. */
export async function bithive(
  argv: readonly string[],
  options: { readonly cwd?: string; readonly env?: { readonly [name: string]: string } } = {},
): Promise<CommandResult> {
  const out: string[] = [];
  const err: string[] = [];
  const bytes: Uint8Array[] = [];
  const world: World = {
    env: options.env ?? {},
    cwd: options.cwd ?? tmpdir(),
    user: 'tester',
    print: (text) => void out.push(text),
    printBytes: async (chunk) => void bytes.push(chunk),
    say: (text) => void err.push(text),
    untilStopped: async () => 'SIGTERM',
  };
  const code = await run(argv, world);
  return { code, out: out.join('\n'), err: err.join('\n'), bytes: Buffer.concat(bytes) };
}

export function temporaryFolder(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'bithive-cli-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** Opens the store of a folder for as long as `use` takes. */
export async function withStore<T>(folder: string, use: (store: Store) => Promise<T>): Promise<T> {
  const store = await openSqliteStore({
    folder,
    clock: systemClock,
    logger: silentLogger,
    writer: 'inline',
    diskFreeBytesMin: 0,
  });
  try {
    return await use(store);
  } finally {
    await store.close();
  }
}

export const admission = (changes: Partial<NewMessage> = {}): NewMessage => ({
  kind: 'hl7v2',
  type: 'ADT^A04',
  sender: 'HIS|NORTH',
  contentType: 'x-application/hl7-v2+er7',
  body: { kind: 'inline', bytes: Buffer.from('MSH|^~\\&|HIS|NORTH\r') },
  searchKeys: [['mrn', 'P-100']],
  channel: 'adt-orders',
  channelVersion: 1,
  receivedAtMs: Date.UTC(2026, 0, 2, 3, 4, 5),
  keys: ['P-100'],
  ...changes,
});
