import type { TestedEngine } from './engine-under-test.ts';

const askedAtOnce = 16;

/** What was acknowledged, by its key, and the SHA-256 of what was sent. */
export interface Acknowledged {
  readonly hl7: ReadonlyMap<string, string>;
  readonly instances: ReadonlyMap<string, string>;
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
