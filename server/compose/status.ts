import type { Config } from '../../config/index.ts';
import type { JsonObject } from '../../core/json.ts';
import type { Blobs, Clock, Depths, Listening, Store } from '../../core/ports/index.ts';
import type { AlertMonitor } from '../../pipelines/alerts/monitor.ts';
import type { ChannelRuntime } from '../../pipelines/runtime/channel-runtime.ts';
import { version } from '../version.ts';

export interface StatusParts {
  readonly config: Config;
  readonly store: Pick<Store, 'depths' | 'health'>;
  readonly blobs: Pick<Blobs, 'freeBytes'>;
  readonly clock: Clock;
  readonly channels: () => readonly ChannelRuntime[];
  readonly alerts: Pick<AlertMonitor, 'active'>;
  readonly listening: () => readonly Listening[];
  readonly startedAtMs: number;
}

/** The engine at a glance, for `GET /api/status` and `bithive status`. Names, counts and times; no patient data. */
export async function engineStatus(parts: StatusParts): Promise<JsonObject> {
  const { config, store, blobs, clock, alerts } = parts;
  const nowMs = clock.nowMs();
  // A store that is recovering cannot count; that it does not accept is then what there is to say.
  const health = await store.health();
  const depths = health.accepting ? await store.depths(nowMs) : null;
  const channels = parts.channels();
  const status = {
    version,
    site: config.site.name,
    startedAt: isoTime(parts.startedAtMs),
    at: isoTime(nowMs),
    listening: parts.listening(),
    channels: channels.map((channel) => channelStatus(channel, depths, parts.listening())),
    retired: (depths?.destinations ?? [])
      .filter(({ channel, destination }) =>
        channels.every((one) => one.name !== channel || !one.hasDestination(destination)),
      )
      .map(({ channel, ...depth }) => ({ channel, name: depth.destination, ...countsOf(depth) })),
    alerts: alerts.active,
    store: health,
    disk: { freeBytes: await blobs.freeBytes(), freeBytesMin: config.disk.freeBytesMin },
  };
  return JSON.parse(JSON.stringify(status)) as JsonObject;
}

function channelStatus(
  { name, inForce, unreachable }: ChannelRuntime,
  depths: Depths | null,
  listening: readonly Listening[],
) {
  const waiting = depths?.channels.find(({ channel }) => channel === name);
  return {
    name,
    version: inForce.version,
    doors: listening.filter(({ channel }) => channel === name),
    received: waiting?.received ?? (depths ? 0 : null),
    oldestReceivedAt: isoTime(waiting?.oldestReceivedAtMs),
    destinations: inForce.destinations.map((destination) => ({
      name: destination.name,
      kind: destination.kind.kind,
      target: destination.open.target,
      breaker: unreachable.includes(destination.name) ? 'open' : 'closed',
      ...(depths
        ? countsOf(
            depths.destinations.find((one) => one.channel === name && one.destination === destination.name),
          )
        : {}),
    })),
  };
}

type DestinationDepth = Omit<Depths['destinations'][number], 'channel'>;

const countsOf = (depth: DestinationDepth | undefined) => ({
  open: depth?.open ?? 0,
  dead: depth?.dead ?? 0,
  unknown: depth?.unknown ?? 0,
  oldestCreatedAt: isoTime(depth?.oldestCreatedAtMs),
});

const isoTime = (ms: number | null | undefined): string | null =>
  ms === null || ms === undefined ? null : new Date(ms).toISOString();
