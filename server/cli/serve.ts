import { loadConfig } from '../../config/index.ts';
import { createPinoLogger } from '../../platform/observability/pino-logger.ts';
import { version } from '../version.ts';
import { localUrl, removeEngineFile, tlsOf, writeEngineFile } from './engine-file.ts';
import { exitCodes, type Verb } from './verb.ts';

/** `bithive serve`: one JSON line on standard output when it is ready, the log on standard error. */
export const serve: Verb = {
  usage: {
    name: 'serve',
    summary: 'Runs the engine until it is told to stop.',
    words: [],
    flags: [],
    takesSettings: true,
    example: 'bithive serve --config /etc/bithive/site.yaml --data /var/lib/bithive',
  },
  async run(call, world) {
    const stopped = world.untilStopped();
    const { config, warnings } = loadConfig({ argv: call.settingsArgv, env: world.env, cwd: world.cwd });
    const logger = createPinoLogger({ level: config.log.level });
    for (const detail of warnings) logger.warn('config.warning', { detail });

    // The engine brings the model runtime with it: help and a refused setting need not wait for that.
    const { startEngine } = await import('../compose.ts');
    const engine = await startEngine({ config, environment: world.env });
    const { listening, tokenFile } = engine;
    const url = localUrl(listening);
    if (url !== null) {
      const tls = tlsOf(config.http.tls, process.cwd());
      await writeEngineFile(config.data, { pid: process.pid, url, tokenFile, version, ...tls });
    }
    world.print(
      JSON.stringify({
        ready: true,
        site: config.site.name,
        listening,
        data: config.data,
        tokenFile,
        version,
      }),
    );

    const reason = await stopped;
    logger.info('engine.stopping', { reason });
    await removeEngineFile(config.data);
    await engine.stop();
    logger.info('engine.stopped');
    return exitCodes.ok;
  },
};
