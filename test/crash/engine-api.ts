import { createHash } from 'node:crypto';

interface FoundMessage {
  readonly id: number;
  readonly status: string;
}

/** The engine's own HTTP API, as an auditor would use it. */
export class EngineApi {
  readonly #url: string;
  readonly #token: string;

  constructor(url: string, token: string) {
    this.#url = url;
    this.#token = token;
  }

  /** Messages that came in at a door under this key; what they led to has it too. */
  async messages(key: 'control-id' | 'sop-uid', value: string): Promise<readonly FoundMessage[]> {
    const kind = key === 'sop-uid' ? 'dicom' : 'hl7v2';
    const found = await this.#json<{ messages: FoundMessage[] }>(
      `/api/messages?kind=${kind}&${key}=${encodeURIComponent(value)}`,
    );
    return found.messages;
  }

  async body(id: number): Promise<Buffer> {
    const answer = await this.#get(`/api/messages/${id}/body`);
    return Buffer.from(await answer.arrayBuffer());
  }

  async bodySha256(id: number): Promise<string> {
    return createHash('sha256')
      .update(await this.body(id))
      .digest('hex');
  }

  /** Messages not yet processed and deliveries not yet ended. */
  async openWork(): Promise<number> {
    const { channels, destinations } = await this.#json<{
      channels: { received: number }[];
      destinations: { open: number }[];
    }>('/api/depths');
    const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
    return sum(channels.map(({ received }) => received)) + sum(destinations.map(({ open }) => open));
  }

  async deliveriesIn(state: 'dead' | 'unknown'): Promise<number> {
    const { deliveries } = await this.#json<{ deliveries: unknown[] }>(
      `/api/deliveries?state=${state}&limit=1000`,
    );
    return deliveries.length;
  }

  async #json<T>(path: string): Promise<T> {
    return (await (await this.#get(path)).json()) as T;
  }

  async #get(path: string): Promise<Response> {
    const answer = await fetch(`${this.#url}${path}`, {
      headers: { authorization: `Bearer ${this.#token}` },
    });
    if (answer.status === 429) {
      await new Promise((next) => setTimeout(next, 200));
      return this.#get(path);
    }
    if (answer.ok) return answer;
    throw new TypeError(`${path}: ${answer.status} ${await answer.text()}`);
  }
}
