import type { Destination } from '../../core/ports/index.ts';
import { retrySchema } from '../channel/definition.ts';
import { Deliverer } from './deliverer.ts';
import type { EnginePorts } from './engine.ts';
import type { Moments } from './moments.ts';

/**
 * Destinations that were taken out of their channel while deliveries waited for them. Such a delivery would hold its lanes for ever, and with
 * them those of other destinations at the same receiver. It ends as dead instead: the operator sees it, and can bring it back when
 * the destination is there again.
 */
export class RetiredDestinations {
  readonly #ports: EnginePorts;
  readonly #moments: Moments;
  readonly #deliverers = new Map<string, Deliverer>();

  constructor(ports: EnginePorts, moments: Moments) {
    this.#ports = ports;
    this.#moments = moments;
  }

  /** Ends what waits, and what old messages may still decide. Does nothing the second time. */
  retire(channel: string, name: string): Destination {
    const open = gone(channel, name);
    const id = `${channel}|${name}`;
    if (!this.#deliverers.has(id)) {
      this.#ports.logger.warn('destination.gone', { channel, destination: name });
      const destination = { name, retry: retrySchema.parse({}), open };
      const deliverer = new Deliverer({ ...this.#ports, channel, moments: this.#moments, destination });
      this.#deliverers.set(id, deliverer);
      deliverer.start();
    }
    return open;
  }

  async stop(graceMs: number): Promise<void> {
    await Promise.all([...this.#deliverers.values()].map((deliverer) => deliverer.stop(graceMs)));
  }
}

function gone(channel: string, name: string): Destination {
  const detail = `${channel} has no destination ${name} any more`;
  return {
    kind: 'gone',
    target: `gone:${channel}|${name}`,
    concurrency: 16,
    send: async () => ({ kind: 'dead', error: { code: 'BH_DELIVERY_GONE', detail } }),
    close: async () => {},
  };
}
