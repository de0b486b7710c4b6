import type { TestedEngine } from './engine-under-test.ts';

const askedAtOnce = 16;
const drainMs = 120_000;

/** What was acknowledged, by its key, and the SHA-256 of what was sent. */
export interface Acknowledged {
  readonly hl7: ReadonlyMap<string, string>;
  readonly instances: ReadonlyMap<string, string>;
}

/** Waits until nothing is left to do; throws when that does not come. */
export async function drained({ api }: TestedEngine): Promise<void> {
  const until = Date.now() + drainMs;
  for (let quiet = 0; quiet < 3; ) {
    quiet = (await api.openWork()) === 0 ? quiet + 1 : 0;
    if (Date.now() > until) throw new TypeError('the engine did not work off what it holds');
    await new Promise((next) => setTimeout(next, 100));
  }
}

/** Every acknowledged message and instance that is not there once, processed, bit for bit. */
export async function lostOf(engine: TestedEngine, { hl7, instances }: Acknowledged): Promise<string[]> {
  const lost: string[] = [];
  const look = async (key: 'control-id' | 'sop-uid', value: string, sha256: string) => {
    const found = await engine.api.messages(key, value);
    const [message] = found;
    if (!message || found.length > 1 || message.status !== 'processed') {
      lost.push(`${value}: ${found.map(({ id, status }) => `${id} ${status}`).join(', ') || 'not there'}`);
    } else if ((await engine.api.bodySha256(message.id)) !== sha256) lost.push(`${value}: other bytes`);
  };
  const questions = [
    ...[...hl7].map(
      ([id, sha256]) =>
        () =>
          look('control-id', id, sha256),
    ),
    ...[...instances].map(
      ([uid, sha256]) =>
        () =>
          look('sop-uid', uid, sha256),
    ),
  ];
  while (questions.length > 0) await Promise.all(questions.splice(0, askedAtOnce).map((ask) => ask()));
  return lost;
}
