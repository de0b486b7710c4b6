import type { RemoteNode } from '../../connectors/dimse/index.ts';
import { limits } from '../../core/limits.ts';
import { systemClock } from '../../platform/clock.ts';
import { tlsFlags, tlsOf, wholeNumber } from './remote-flags.ts';
import type { Call, VerbFlag, World } from './verb.ts';

/** Which DICOM node is called, and how long it may take. */
export const nodeFlags: readonly VerbFlag[] = [
  { name: 'host', takes: 'NAME', description: 'The node; 127.0.0.1 when absent.' },
  { name: 'port', takes: 'NUMBER', description: 'Its port; 11112 when absent.' },
  { name: 'called-ae', takes: 'TITLE', description: 'Its AE title; BITHIVE when absent.' },
  { name: 'calling-ae', takes: 'TITLE', description: 'Our AE title; BITHIVE-CLI when absent.' },
  { name: 'timeout-ms', takes: 'NUMBER', description: 'How long an answer is awaited; 60000 when absent.' },
  ...tlsFlags,
];

export async function nodeOf(call: Call, world: World): Promise<RemoteNode> {
  const tls = await tlsOf(call, world);
  return {
    host: call.flag('host') ?? '127.0.0.1',
    port: wholeNumber(call, 'port', 11_112, 65_535),
    calledAe: call.flag('called-ae') ?? 'BITHIVE',
    callingAe: call.flag('calling-ae') ?? 'BITHIVE-CLI',
    ...(tls === undefined ? {} : { tls }),
  };
}

export function timesOf(call: Call) {
  const answerMs = wholeNumber(call, 'timeout-ms', limits.dimseAnswerMs, 3_600_000);
  return { clock: systemClock, answerMs, connectMs: Math.min(answerMs, 10_000) };
}
