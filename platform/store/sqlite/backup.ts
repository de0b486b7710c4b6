import { mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { openConnection } from './connection.ts';
import type { SqliteDriver } from './driver.ts';
import { storageError } from './faults.ts';
import { databaseFileName } from './file-names.ts';
import { makePrivateFile } from './private-file.ts';
import { isCompiled } from './thread-runner.ts';

export interface BackupSetup {
  readonly databasePath: string;
  readonly target: string;
}

/**
 * Copies one snapshot with VACUUM INTO: writers go on, the copy is compact. Restoring is copying the folder.
 * Everything acknowledged before the call is in it, because the snapshot is taken after.
 */
export async function writeBackup(
  driver: SqliteDriver,
  databasePath: string,
  folder: string,
): Promise<{ readonly throughMessageId: number }> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const target = join(folder, databaseFileName);
  if (isCompiled) await copyInThread({ databasePath, target });
  else copyDatabase(driver, databasePath, target);
  await syncPath(target);
  await syncPath(folder);
  return { throughMessageId: lastMessageId(driver, target) };
}

/**
 * Read without a log: the copy has none, and opening it with one makes side files that go when the last statement is garbage, not when
 * the connection is closed. Whoever copied the folder meanwhile would meet files that come and go.
 */
function lastMessageId(driver: SqliteDriver, path: string): number {
  const copy = driver.open(path, { readOnly: true });
  try {
    const top = copy.prepare('SELECT max(seq) AS top FROM messages').get()?.top;
    return typeof top === 'number' ? top : 0;
  } finally {
    copy.close();
  }
}

/** Rejects with what the thread failed with. */
function copyInThread(setup: BackupSetup): Promise<void> {
  const worker = new Worker(new URL('./backup-thread.js', import.meta.url), { workerData: setup });
  return new Promise((resolve, reject) => {
    worker.on('error', (cause) => reject(storageError(cause) ?? cause));
    worker.on('exit', () => resolve());
  });
}

export function copyDatabase(driver: SqliteDriver, databasePath: string, target: string): void {
  makePrivateFile(target); // VACUUM INTO takes an empty file.
  const source = openConnection(driver, databasePath, { readOnly: true });
  try {
    source.prepare('VACUUM INTO ?').run(target);
  } finally {
    source.close();
  }
}

async function syncPath(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
