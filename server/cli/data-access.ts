import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Config, loadConfig } from '../../config/index.ts';
import { BitHiveError } from '../../core/errors.ts';
import type { Json, JsonObject } from '../../core/json.ts';
import {
  type AuditEvent,
  type Blobs,
  type Logger,
  type Store,
  silentLogger,
} from '../../core/ports/index.ts';
import { openFolderBlobs } from '../../platform/blobs/index.ts';
import { systemClock } from '../../platform/clock.ts';
import { createSystemKeys } from '../../platform/security/system-keys.ts';
import { blobsFolderOf } from '../compose/data-folder.ts';
import { openStore } from '../compose/open-store.ts';
import { connectEngine, type EngineClient } from './engine-client.ts';
import type { Call, World } from './verb.ts';

/** A data folder that no engine owns at the moment, opened by the command line itself. */
export interface OpenFolder {
  readonly store: Store;
  readonly blobs: Blobs;
  /** Leaves the same trace as the API would. */
  record(event: Pick<AuditEvent, 'action' | 'operation'>, entities: JsonObject): Promise<void>;
}

export interface DataAccess<T> {
  throughEngine(engine: EngineClient): Promise<T>;
  /** Absent: only a running engine can do it. */
  throughFolder?(folder: OpenFolder): Promise<T>;
}

/**
 * Asks the engine that owns the data folder; with none running, opens the folder for as long as the question takes. The lock
 * of the folder keeps an engine from starting in between.
 *
 * @throws BH_CLI_ENGINE when there is neither
 */
export async function withData<T>(call: Call, world: World, access: DataAccess<T>): Promise<T> {
  const { config } = loadConfig({ argv: call.settingsArgv, env: world.env, cwd: world.cwd });
  const engine = await connectEngine(config.data, world.env);
  if (engine) {
    try {
      return await access.throughEngine(engine);
    } finally {
      await engine.close();
    }
  }
  if (!access.throughFolder) throw new BitHiveError('BH_CLI_ENGINE', `no engine runs on ${config.data}`);
  return openedFolder(config, world, access.throughFolder);
}

async function openedFolder<T>(
  config: Config,
  world: World,
  use: (folder: OpenFolder) => Promise<T>,
): Promise<T> {
  const isThere = config.store.kind === 'postgres' || existsSync(join(config.data, 'engine.lock'));
  if (!isThere)
    throw new BitHiveError('BH_CLI_ENGINE', `${config.data} is not a data folder, and no engine runs on it`);
  const logger: Logger = silentLogger;
  const keys = createSystemKeys({ env: world.env, cwd: world.cwd });
  const store = await openStore(config, { clock: systemClock, logger, keys });
  try {
    const blobs = await openFolderBlobs({
      folder: blobsFolderOf(config),
      diskFreeBytesMin: 0,
      isShared: config.store.kind === 'postgres',
    });
    return await use({
      store,
      blobs,
      record: async (event, entities) => {
        const atMs = systemClock.nowMs();
        await store.appendAudit({ ...event, agent: `cli:${world.user}`, outcome: 'success', atMs, entities });
      },
    });
  } finally {
    await store.close();
  }
}

/** What the API would have answered, from a view of the same shape. */
export const asJson = (view: unknown): Json => JSON.parse(JSON.stringify(view)) as Json;
