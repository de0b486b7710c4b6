import { toBitHiveError } from '../../core/errors.ts';
import type { Clock, Logger } from '../../core/ports/index.ts';
import type { MapStore } from './map-store.ts';

export interface MapFollowerOptions {
  readonly maps: MapStore;
  readonly switchTo: (version: number) => Promise<unknown>;
  readonly clock: Pick<Clock, 'after'>;
  readonly logger: Logger;
  readonly everyMs: number;
}

/** Puts in force here what another node of the same store deployed. Until it has looked, this node accepts under the version before. */
export class MapFollower {
  readonly #options: MapFollowerOptions;
  #cancel: () => void = () => {};
  #look: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(options: MapFollowerOptions) {
    this.#options = options;
  }

  start(): void {
    const { clock, everyMs, logger } = this.#options;
    this.#cancel = clock.after(everyMs, () => {
      this.#look = this.look()
        .catch((error) => logger.warn('map.follow.fault', { code: toBitHiveError(error).code }, error))
        .finally(() => {
          if (!this.#stopped) this.start();
        });
    });
  }

  async look(): Promise<void> {
    const { maps, switchTo, logger } = this.#options;
    const before = maps.latest;
    const version = await maps.refresh();
    if (version === before) return;
    await switchTo(version);
    logger.info('map.followed', { version });
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancel();
    await this.#look;
  }
}
