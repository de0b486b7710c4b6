import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { loadConfig } from '../../../config/index.ts';
import { startEngine } from '../../../server/compose.ts';
import { adt, framed, RawClient, summary } from '../../connectors/hl7v2/listener.ts';
import { until } from '../../until.ts';
import { startHospital } from './hospital.ts';
import { type Ris, startRis } from './ris.ts';

const channel = (ack: string, port: number): string => `
channel: forward
source: { hl7v2: { port: 0 } }
ack: ${ack}
key: PID-3.1
to:
  - hl7v2: { name: ris, host: 127.0.0.1, port: ${port}, concurrency: 4 }
`;

let ris: Ris;
beforeEach(async () => {
  ris = await startRis();
});
afterEach(() => ris.stop());

const senders = 4;
const unansweredMax = 50;
const ofPatient = (id: string, patient: number) => adt(id).replace('|77^', `|${patient}^`);

/** Sends until the connection is closed, at most so many ahead of the answers; what was acknowledged is known by its control id. */
function load(port: number, sender: number): { readonly client: RawClient; sent: string[] } {
  const client = new RawClient(port);
  const sent: string[] = [];
  const next = (): void => {
    if (client.isClosed || client.socket.destroyed) return;
    setTimeout(next, 1);
    if (sent.length - client.answers.length >= unansweredMax) return;
    const id = `L${sender}-${sent.length}`;
    sent.push(id);
    client.send(framed(ofPatient(id, sender)));
  };
  next();
  return { client, sent };
}

test.each(['stored', 'delivered'])(
  'a stop under load (ack: %s): nothing acknowledged is lost, nothing is doubled, order holds',
  async (ack) => {
    const channels = { 'forward.yaml': channel(ack, ris.port) };
    const hospital = await startHospital({ channels, flags: ['--stop-grace-seconds', '60'] });
    try {
      const port = hospital.engine.listening.find(({ protocol }) => protocol === 'mllp')?.port ?? 0;
      const loads = Array.from({ length: senders }, (_, sender) => load(port, sender));
      await until(() => ris.received.length >= 100);
      await hospital.engine.stop();
      for (const { client } of loads) await client.until(() => client.isClosed);

      const answers = loads.flatMap(({ client }) => client.answers.map(summary));
      expect(answers.every((answer) => answer.startsWith('AA:'))).toBe(true);
      const acknowledged = answers.map((answer) => answer.slice(3));
      // What was acknowledged and not yet forwarded waits in the folder, for the next start.
      const again = await startEngine(hospital.again);
      await until(async () => {
        const { channels, destinations } = await again.store.depths(0);
        return (
          destinations.every(({ open }) => open === 0) && channels.every(({ received }) => received === 0)
        );
      });
      const unknown = await again.store.searchDeliveries({ state: 'unknown', limit: 10 });
      await again.stop();
      for (const { client } of loads) client.close();

      expect(unknown).toHaveLength(0);
      expect(acknowledged.filter((id) => !ris.received.includes(id))).toEqual([]);
      expect(new Set(ris.received).size).toBe(ris.received.length);
      for (let sender = 0; sender < senders; sender += 1) {
        const numbers = ris.received
          .filter((id) => id.startsWith(`L${sender}-`))
          .map((id) => Number(id.split('-')[1]));
        expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
      }
    } finally {
      await hospital.close();
    }
  },
);

test('a second stop waits for the first', async () => {
  const hospital = await startHospital({ channels: { 'forward.yaml': channel('stored', ris.port) } });
  await Promise.all([hospital.engine.stop(), hospital.engine.stop()]);
  await hospital.close();
});

test('a start that fails half-way leaves nothing behind: the same folder starts at once with the fault repaired', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'bithive-half-'));
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
  const { port } = taken.address() as { port: number };
  const configOf = (httpPort: number) =>
    loadConfig({
      argv: [
        '--data',
        folder,
        '--http-port',
        String(httpPort),
        '--hl7v2-port',
        '0',
        '--dimse-port',
        '0',
        '--log-level',
        'error',
      ].concat(['--disk-free-bytes-min', '0', '--ehr-fhir-url', 'http://127.0.0.1:1/fhir']),
      env: {},
      cwd: folder,
    }).config;
  try {
    await expect(startEngine({ config: configOf(port), environment: {} })).rejects.toMatchObject({
      code: 'BH_CONFIG_VALUE',
    });
    const engine = await startEngine({ config: configOf(0), environment: {} });
    await engine.stop();
  } finally {
    taken.close();
    await rm(folder, { recursive: true, force: true });
  }
});
