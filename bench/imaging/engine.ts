import { readFileSync } from 'node:fs';
import type { Peer } from '../../test/imaging/dcmtk.ts';
import { type RunningEngine, startEngine } from '../../test/imaging/engine.ts';

/** What comes in is kept and goes nowhere: the doors are measured, with all that is durable behind them. */
const received = `
channel: images
source: { dicomweb: {}, dimse: {} }
key: StudyInstanceUID
to: [ { "null": {} } ]
`;

const limits = ['--http-limits-requests-per-second', '100000', '--http-limits-burst', '100000'];

export const startMeasured = (channel = received): Promise<RunningEngine> =>
  startEngine({ channels: { 'images.yaml': channel }, flags: ['--log-level', 'error', ...limits] });

export const nodeOf = (engine: RunningEngine): Peer => ({ aet: 'BITHIVE', port: engine.port('dimse') });

/** Objects that the engine has answered as stored, by its own count. */
export async function storedCount({ httpUrl, token }: RunningEngine): Promise<number> {
  const answer = await fetch(`${httpUrl}/metrics`, { headers: { authorization: `Bearer ${token}` } });
  const text = await answer.text();
  const lines = text.matchAll(/^bithive_\w+_instances_total\{[^}]*outcome="stored"[^}]*\} (\d+)/gm);
  return [...lines].reduce((sum, [, count]) => sum + Number(count), 0);
}

/** Resident memory of a process, now and at most (Linux), in bytes. */
export function residentBytes(pid: number): { readonly now: number; readonly most: number } {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const kilobytes = (name: string): number => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1] ?? 0);
  return { now: kilobytes('VmRSS') * 1024, most: kilobytes('VmHWM') * 1024 };
}
