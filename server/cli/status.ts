import { z } from 'zod';
import type { Json } from '../../core/json.ts';
import { withData } from './data-access.ts';
import { printable, table } from './table.ts';
import { exitCodes, jsonFlag, type Verb } from './verb.ts';

const counts = {
  open: z.number().optional(),
  dead: z.number().optional(),
  unknown: z.number().optional(),
  oldestCreatedAt: z.string().nullish(),
};
const listening = z.object({
  protocol: z.string(),
  host: z.string(),
  port: z.number(),
  path: z.string().optional(),
});
const shape = z.object({
  version: z.string(),
  site: z.string(),
  startedAt: z.string(),
  at: z.string(),
  channels: z.array(
    z.object({
      name: z.string(),
      version: z.number(),
      doors: z.array(listening),
      received: z.number().nullable(),
      oldestReceivedAt: z.string().nullable(),
      destinations: z.array(
        z.object({ name: z.string(), target: z.string(), breaker: z.string(), ...counts }),
      ),
    }),
  ),
  retired: z.array(z.object({ channel: z.string(), name: z.string(), ...counts })),
  alerts: z.array(z.object({ id: z.string(), text: z.string() })),
  store: z.object({
    accepting: z.boolean(),
    engine: z.string(),
    version: z.string(),
    reason: z.string().optional(),
  }),
  disk: z.object({ freeBytes: z.number(), freeBytesMin: z.number() }),
});
type Status = z.output<typeof shape>;

export const status: Verb = {
  usage: {
    name: 'status',
    summary:
      'Shows the running engine: channels and their doors, what waits, destinations, alerts, store, disk.',
    words: [],
    flags: [jsonFlag],
    takesSettings: true,
    example: 'bithive status --data /var/lib/bithive',
  },
  async run(call, world) {
    const answer: Json = await withData(call, world, {
      throughEngine: (engine) => engine.get('/api/status'),
    });
    const seen = shape.parse(answer);
    world.print(call.has('json') ? JSON.stringify(answer) : pageOf(seen));
    const isWell =
      seen.alerts.length === 0 && seen.store.accepting && seen.disk.freeBytes >= seen.disk.freeBytesMin;
    return isWell ? exitCodes.ok : exitCodes.none;
  },
};

/** A folder has no port. */
const placeOf = ({ protocol, host, port, path = '' }: z.output<typeof listening>): string =>
  port === 0 ? `${protocol} ${host}` : `${protocol} ${host}:${port}${path}`;

function pageOf({ at, ...seen }: Status): string {
  const { store, disk } = seen;
  const doors = seen.channels.map(({ name, version, doors: open, received, oldestReceivedAt }) => [
    name,
    String(version),
    open.length === 0 ? '-' : open.map(placeOf).join(', '),
    received === null ? '?' : String(received),
    ageOf(oldestReceivedAt, at),
  ]);
  const receivers = [
    ...seen.channels.flatMap(({ name, destinations }) =>
      destinations.map((one) => ({ channel: name, ...one })),
    ),
    ...seen.retired.map((one) => ({ ...one, target: '(not in its channel any more)', breaker: '-' })),
  ].map(({ channel, name, target, breaker, open, dead, unknown, oldestCreatedAt }) => [
    channel,
    name,
    target,
    breaker,
    ...[open, dead, unknown].map((count) => (count === undefined ? '?' : String(count))),
    ageOf(oldestCreatedAt, at),
  ]);
  return [
    `${seen.site}: BitHive ${seen.version}, running since ${seen.startedAt}`,
    `store  ${store.engine} ${store.version}, ${store.accepting ? 'accepting' : `NOT ACCEPTING: ${store.reason ?? 'unknown'}`}`,
    `disk   ${gib(disk.freeBytes)} free, the doors close below ${gib(disk.freeBytesMin)}`,
    '',
    table(['CHANNEL', 'VERSION', 'DOORS', 'WAITING', 'OLDEST'], doors),
    '',
    table(['CHANNEL', 'DESTINATION', 'TARGET', 'BREAKER', 'OPEN', 'DEAD', 'UNKNOWN', 'OLDEST'], receivers),
    '',
    ...(seen.alerts.length === 0
      ? ['no alert is raised']
      : seen.alerts.map(({ id, text }) => `ALERT  ${printable(id)}: ${printable(text)}`)),
  ].join('\n');
}

const gib = (bytes: number): string => `${(bytes / 1024 ** 3).toFixed(1)} GiB`;

/** `3 d 4 h`, `2 h 5 min`, `1 min 7 s`, `12 s`; `-` when nothing waits. */
function ageOf(since: string | null | undefined, at: string): string {
  if (since === null || since === undefined) return '-';
  const seconds = Math.max(0, Math.floor((Date.parse(at) - Date.parse(since)) / 1000));
  const [days, hours, minutes] = [seconds / 86_400, (seconds / 3600) % 24, (seconds / 60) % 60].map(
    Math.floor,
  );
  if (days) return `${days} d ${hours} h`;
  if (hours) return `${hours} h ${minutes} min`;
  return minutes ? `${minutes} min ${seconds % 60} s` : `${seconds} s`;
}
