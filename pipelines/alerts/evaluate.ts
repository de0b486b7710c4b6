import type { Depths } from '../../core/ports/index.ts';
import type { AlertSettings } from '../channel/definition.ts';

export type AlertKind =
  | 'silence'
  | 'queue-age'
  | 'disconnected'
  | 'dead-letters'
  | 'held-reports'
  | 'disk'
  | 'store';

/** A condition that an operator must know of. `id` is stable while it lasts, so that it is raised once and cleared once. */
export interface Alert {
  readonly id: string;
  readonly kind: AlertKind;
  readonly channel?: string;
  readonly destination?: string;
  readonly text: string;
}

/** What is looked at: one moment of the engine. */
export interface Snapshot {
  readonly nowMs: number;
  readonly depths: Depths;
  readonly store: { readonly accepting: boolean; readonly reason?: string };
  /** Absent: nobody asked. */
  readonly disk?: { readonly freeBytes: number; readonly freeBytesWarn: number };
  readonly channels: readonly {
    readonly name: string;
    readonly settings: AlertSettings;
    /** Last message at the door; the engine's start when there is none. */
    readonly lastReceivedAtMs: number;
    readonly unreachable: readonly string[];
    /** Studies whose reports wait for an operator. */
    readonly heldReports: number;
  }[];
}

const minuteMs = 60_000;

/** All alerts that hold in the snapshot. Pure. */
export function evaluate(snapshot: Snapshot): readonly Alert[] {
  const alerts: Alert[] = [];
  if (!snapshot.store.accepting) {
    alerts.push({
      id: 'store',
      kind: 'store',
      text: `the store does not accept: ${snapshot.store.reason ?? 'unknown'}`,
    });
  }
  alerts.push(...diskLow(snapshot.disk));
  for (const channel of snapshot.channels) {
    alerts.push(...silence(snapshot.nowMs, channel));
    alerts.push(...heldReports(channel));
    alerts.push(...channel.unreachable.map((name) => disconnected(channel.name, name)));
    for (const depth of snapshot.depths.channels) {
      if (depth.channel === channel.name) alerts.push(...inbox(snapshot.nowMs, channel.settings, depth));
    }
    for (const depth of snapshot.depths.destinations) {
      if (depth.channel === channel.name) alerts.push(...queue(snapshot.nowMs, channel.settings, depth));
    }
  }
  return alerts;
}

/** Told before the doors close: there is time to make room. */
function diskLow(disk: Snapshot['disk']): readonly Alert[] {
  if (disk === undefined || disk.freeBytes >= disk.freeBytesWarn) return [];
  const text = `less than ${disk.freeBytesWarn} bytes are free in the data folder`;
  return [{ id: 'disk', kind: 'disk', text }];
}

function silence(nowMs: number, channel: Snapshot['channels'][number]): readonly Alert[] {
  const { silenceMinutes } = channel.settings;
  if (silenceMinutes === 0 || nowMs - channel.lastReceivedAtMs < silenceMinutes * minuteMs) return [];
  const text = `nothing came in on ${channel.name} for ${silenceMinutes} minutes`;
  return [{ id: `silence|${channel.name}`, kind: 'silence', channel: channel.name, text }];
}

function heldReports({ name, heldReports: count }: Snapshot['channels'][number]): readonly Alert[] {
  if (count === 0) return [];
  const text = `reports of ${count} studies of ${name} are held: the order or a part of the images names another patient`;
  return [{ id: `held-reports|${name}`, kind: 'held-reports', channel: name, text }];
}

function disconnected(channel: string, destination: string): Alert {
  const id = `disconnected|${channel}|${destination}`;
  return { id, kind: 'disconnected', channel, destination, text: `${channel} cannot reach ${destination}` };
}

/** Messages that were acknowledged and are not processed: the channel stands still. */
function inbox(
  nowMs: number,
  { queueMinutes }: AlertSettings,
  { channel, received, oldestReceivedAtMs }: Depths['channels'][number],
): readonly Alert[] {
  const ageMs = oldestReceivedAtMs === null ? 0 : nowMs - oldestReceivedAtMs;
  if (received === 0 || queueMinutes === 0 || ageMs < queueMinutes * minuteMs) return [];
  const text = `${received} wait to be processed by ${channel}, the oldest for ${Math.floor(ageMs / minuteMs)} minutes`;
  return [{ id: `queue-age|${channel}`, kind: 'queue-age', channel, text }];
}

function queue(
  nowMs: number,
  settings: AlertSettings,
  depth: Depths['destinations'][number],
): readonly Alert[] {
  const { channel, destination, open, dead, unknown, oldestCreatedAtMs } = depth;
  const alerts: Alert[] = [];
  const ageMs = oldestCreatedAtMs === null ? 0 : nowMs - oldestCreatedAtMs;
  if (open > 0 && settings.queueMinutes > 0 && ageMs >= settings.queueMinutes * minuteMs) {
    const text = `${open} wait for ${destination} of ${channel}, the oldest for ${Math.floor(ageMs / minuteMs)} minutes`;
    alerts.push({ id: `queue-age|${channel}|${destination}`, kind: 'queue-age', channel, destination, text });
  }
  if (dead + unknown >= settings.deadLetters) {
    const text = `${destination} of ${channel}: ${dead} dead, ${unknown} with unknown outcome`;
    alerts.push({
      id: `dead-letters|${channel}|${destination}`,
      kind: 'dead-letters',
      channel,
      destination,
      text,
    });
  }
  return alerts;
}
