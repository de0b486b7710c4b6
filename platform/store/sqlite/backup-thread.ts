import { workerData } from 'node:worker_threads';
import { type BackupSetup, copyDatabase } from './backup.ts';
import { loadSqlite } from './driver.ts';

/** The copy of a large database takes minutes; in a thread of its own nobody waits for it. */
const { databasePath, target } = workerData as BackupSetup;
copyDatabase(await loadSqlite(), databasePath, target);
