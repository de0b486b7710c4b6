import { createServer } from 'node:net';
import { z } from 'zod';
import { toBitHiveError } from '../../core/errors.ts';
import { createSystemKeys } from '../../platform/security/system-keys.ts';
import { checkChannels } from '../compose/check-channels.ts';
import { type Check, good, type Subject } from './doctor-check.ts';
import { connectEngine } from './engine-client.ts';

const running = z.object({
  listening: z.array(
    z.object({
      channel: z.string().optional(),
      protocol: z.string(),
      host: z.string(),
      port: z.number(),
      path: z.string().optional(),
    }),
  ),
});

interface Door {
  readonly channel: string;
  /** `127.0.0.1:2575`, `/fhir`; null for a free port. */
  readonly address: string | null;
}

/** `adt-orders at 127.0.0.1:2575, imaging-ai at /dicomweb`. Throws as `checkChannels`. */
export async function channelsAndDoors(subject: Subject): Promise<string> {
  const doors = await doorsOf(subject);
  return doors.map(({ channel, address }) => `${channel} at ${address ?? 'a free port'}`).join(', ');
}

/** Whether every door can be opened; with an engine running, where its doors are. */
export async function portsOf(subject: Subject): Promise<Omit<Check, 'name'>> {
  const { config, env } = subject;
  const engine = await connectEngine(config.data, env);
  if (engine) {
    const answer = await engine.get('/api/status').finally(() => engine.close());
    const { listening } = running.parse(answer);
    const doors = listening.map(
      ({ channel, protocol, host, port, path = '' }) =>
        // A folder has no port.
        `${channel ?? 'api'}: ${protocol} ${host}${port === 0 ? '' : `:${port}`}${path}`,
    );
    return good(`an engine runs on this data folder at ${engine.engine.url}; ${doors.join(', ')}`);
  }
  const doors = await doorsOf(subject).catch((error: unknown) => {
    // The channels have a check of their own, which tells the fault; the port of HTTP can be looked at all the same.
    if (toBitHiveError(error).code === 'BH_INTERNAL') throw error;
    return [];
  });
  const addresses = new Map(doors.map(({ channel, address }) => [address ?? '', channel]));
  addresses.set(`${config.http.host}:${config.http.port}`, 'http');
  const ports = [...addresses].filter(([address]) => /:\d+$/.test(address));
  const taken: string[] = [];
  for (const [address, owner] of ports) {
    if (!(await isFree(address))) taken.push(`${address} (${owner})`);
  }
  if (taken.length === 0) return good(`${ports.map(([address]) => address).join(' and ')} can be opened`);
  return {
    verdict: 'fault',
    detail: `${taken.join(' and ')} cannot be opened`,
    next: "Stop what holds it, or set http.port, hl7v2.port, dimse.port or the channel's own port.",
  };
}

async function doorsOf({ config, env, cwd }: Subject): Promise<readonly Door[]> {
  const keys = createSystemKeys({ env, cwd });
  const { channels } = await checkChannels({ config, environment: env, keys });
  return channels.flatMap(({ name, sources }) =>
    sources.map(({ kind, settings }) => ({ channel: name, address: kind.door?.(settings) ?? null })),
  );
}

function isFree(address: string): Promise<boolean> {
  const colon = address.lastIndexOf(':');
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(Number(address.slice(colon + 1)), address.slice(0, colon), () =>
      server.close(() => resolve(true)),
    );
  });
}
