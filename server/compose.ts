import type { Config } from '../config/index.ts';
import { FrameThread } from '../connectors/dicomweb/surface/index.ts';
import { AwaitedCommitments } from '../connectors/dimse/index.ts';
import type { HttpSource } from '../connectors/http-source.ts';
import { assert } from '../core/assert.ts';
import type { MessageId } from '../core/ids.ts';
import type { Blobs, Listening, Logger, Store } from '../core/ports/index.ts';
import { createInferencePool } from '../inference/index.ts';
import { AlertMonitor } from '../pipelines/alerts/monitor.ts';
import { Pipelines } from '../pipelines/runtime/engine.ts';
import { createStoreAudit } from '../platform/audit/store-audit.ts';
import { openFolderBlobs } from '../platform/blobs/index.ts';
import { systemClock } from '../platform/clock.ts';
import { createPinoLogger } from '../platform/observability/pino-logger.ts';
import { createPrometheusMetrics } from '../platform/observability/prometheus-metrics.ts';
import { systemRandom } from '../platform/random.ts';
import { createSystemKeys } from '../platform/security/system-keys.ts';
import { ensureTokenFile } from '../platform/security/token-file.ts';
import { alertFile } from './compose/alert-file.ts';
import { backupTo } from './compose/backup.ts';
import type { RunningParts } from './compose/catalog.ts';
import { channelEnvironment, type Environment } from './compose/channel-files.ts';
import { checkChannels } from './compose/check-channels.ts';
import { alertFileOf, blobsFolderOf, tokenFileOf } from './compose/data-folder.ts';
import { DeidentifyThread } from './compose/deidentify-thread.ts';
import { Keeper } from './compose/keeper.ts';
import { openMaps } from './compose/open-maps.ts';
import { openStore } from './compose/open-store.ts';
import { ownerName } from './compose/owner-name.ts';
import { postAlert } from './compose/post-alert.ts';
import { PseudonymKeys } from './compose/pseudonym-keys.ts';
import { engineStatus } from './compose/status.ts';
import { TurnBackThread } from './compose/turn-back-thread.ts';
import { createHttpServer } from './http/index.ts';
import { StudyService } from './studies/study-service.ts';
import { version } from './version.ts';

export interface EngineOptions {
  readonly config: Config;
  /** The process environment, for `env:` secrets and `${NAME}` in channel files. */
  readonly environment: Environment;
}

/** A running engine. */
export interface Engine {
  readonly listening: readonly Listening[];
  readonly store: Store;
  readonly blobs: Blobs;
  readonly pipelines: Pipelines;
  readonly tokenFile: string;
  readonly token: string;
  /** Drains: doors shut, what was read is answered, work in hand is finished, the rest stays in the store. */
  stop(): Promise<void>;
}

/**
 * Wires everything and starts it. What is stored is worked off before the first door opens.
 *
 * @throws BH_CONFIG_*, BH_STORE_LOCKED, BH_STORE_VERSION, BH_MODEL_INVALID; nothing is left running then
 */
export async function startEngine(options: EngineOptions): Promise<Engine> {
  const closers: (() => Promise<void>)[] = [];
  let closing: Promise<void> | null = null;
  const closeAll = () => {
    closing ??= closeInTurn(closers);
    return closing;
  };
  try {
    return await start(options, closers, closeAll);
  } catch (error) {
    // What went wrong first is what the operator must read.
    await closeAll().catch((second: unknown) =>
      loggerOf(options.config).error('engine.close.failed', {}, second),
    );
    throw error;
  }
}

const loggerOf = ({ log }: Config): Logger => createPinoLogger({ level: log.level, stream: process.stderr });

/** Last opened, first closed. One that fails must not keep the others open, above all not the store and its lock. */
async function closeInTurn(closers: (() => Promise<void>)[]): Promise<void> {
  const failures: unknown[] = [];
  for (const close of closers.reverse()) await close().catch((error: unknown) => failures.push(error));
  if (failures.length > 0) throw failures[0];
}

async function start(
  { config, environment }: EngineOptions,
  closers: (() => Promise<void>)[],
  closeAll: () => Promise<void>,
): Promise<Engine> {
  const clock = systemClock;
  const startedAtMs = clock.nowMs();
  let listening: readonly Listening[] = [];
  const graceMs = config.stop.graceSeconds * 1000;
  const random = systemRandom;
  const logger = loggerOf(config);
  const metrics = createPrometheusMetrics({ withProcess: true });
  const keys = createSystemKeys({ env: environment, cwd: process.cwd() });
  let running: RunningParts | undefined;
  const checked = await checkChannels({ config, environment, keys }, () => {
    assert(running !== undefined, 'nothing is opened before there is something to open it on');
    return running;
  });
  const { site, models, outbound } = checked.parts;

  const store = await openStore(config, { clock, logger, keys }, { isEngine: true });
  closers.push(() => store.close());
  const blobs = await openFolderBlobs({
    folder: blobsFolderOf(config),
    isShared: config.store.kind === 'postgres',
    diskFreeBytesMin: config.disk.freeBytesMin,
    hasThreads: true,
    logger,
  });
  const tokenFile = tokenFileOf(config);
  const token = await ensureTokenFile(tokenFile, random);
  const pool = createInferencePool({
    models,
    clock,
    logger,
    metrics,
    ...(config.inference.workers > 0 ? { workers: config.inference.workers } : {}),
  });
  closers.push(() => pool.close());

  const ports = { store, blobs, clock, random, logger, metrics, owner: ownerName(random) };
  const deidentifyThread = new DeidentifyThread(clock);
  closers.push(() => deidentifyThread.close());
  const turnBackThread = new TurnBackThread(clock);
  closers.push(() => turnBackThread.close());
  const httpSources: HttpSource[] = [];
  running = {
    ports,
    pool,
    httpSources,
    polls: new Map(),
    commitments: new AwaitedCommitments(),
    pseudonymKeys: new PseudonymKeys(),
    deidentifyThread,
    turnBackThread,
  };
  const maps = await openMaps({
    ...ports,
    config,
    site,
    catalogFor: checked.catalogFor,
    beside: checked.beside,
    switchTo: (mapVersion) => pipelines.deployMap(mapVersion),
  });
  const pipelines: Pipelines = await Pipelines.prepare({
    ports,
    maps: maps.versions,
    catalog: checked.catalog,
    environment: channelEnvironment(config, environment),
    channels: checked.channels,
    fallbackCharset: site.fallbackCharset,
  });
  const alerts = new AlertMonitor({
    store,
    clock,
    logger,
    metrics,
    channels: () => pipelines.channels,
    defaults: {
      silenceMinutes: config.alerts.silenceMinutes,
      queueMinutes: config.alerts.queueMinutes,
      deadLetters: 1,
    },
    everyMs: config.alerts.checkSeconds * 1000,
    disk: { freeBytes: () => blobs.freeBytes(), freeBytesWarn: config.disk.freeBytesWarn },
    memory: alertFile(alertFileOf(config)),
    ...(config.alerts.webhook ? { notify: postAlert(config.alerts.webhook, outbound.lookup) } : {}),
  });
  const keeper = new Keeper({
    store,
    blobs,
    clock,
    logger,
    retentionDays: config.retention.days,
    emergency: { days: config.retention.emergencyDays, freeBytesWarn: config.disk.freeBytesWarn },
  });
  const frames = new FrameThread(clock);
  closers.push(() => frames.close());
  const http = await createHttpServer({
    random,
    frames,
    config,
    version,
    store,
    blobs,
    audit: createStoreAudit(store),
    metrics,
    logger,
    clock,
    keys,
    token,
    sources: httpSources,
    replay: (id: MessageId) => pipelines.replay(id),
    mapping: maps.service,
    studies: new StudyService({
      store,
      blobs,
      channels: () => pipelines.channels.map(({ name }) => name),
      accept: (channel, arrival) => pipelines.accept(channel, arrival),
    }),
    backup: (folder: string) => backupTo(folder, store, blobs),
    status: () =>
      engineStatus({
        config,
        store,
        blobs,
        clock,
        alerts,
        startedAtMs,
        channels: () => pipelines.channels,
        listening: () => listening,
      }),
  });

  // All doors shut together: one client that is slow to end must not take the time of the others.
  let stopHttp = async () => {};
  closers.push(async () => {
    await Promise.all([stopHttp(), pipelines.stop(graceMs)]);
  });
  await pipelines.start();
  await alerts.start();
  keeper.start();
  maps.follower?.start();
  closers.push(async () => {
    await maps.follower?.stop();
    await alerts.stop();
    await keeper.stop();
  });
  const doors = await pipelines.open();
  stopHttp = () => http.stop(graceMs);
  listening = [
    ...(await http.listen()).map((entry) => withChannel(entry, doors)),
    ...doors.filter(({ path }) => path === undefined),
  ];
  logger.info('engine.ready', { version, channels: pipelines.channels.map(({ name }) => name) });
  return { listening, store, blobs, pipelines, tokenFile, token, stop: closeAll };
}

/** The shared HTTP door knows addresses; the channel behind each is known by its source. */
function withChannel(entry: Listening, doors: readonly Listening[]): Listening {
  const channel = doors.find(({ path }) => path !== undefined && path === entry.path)?.channel;
  return channel === undefined ? entry : { channel, ...entry };
}
