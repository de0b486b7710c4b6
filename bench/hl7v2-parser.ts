import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Hl7Message as MedplumMessage } from '@medplum/core';
import { assert } from '../core/assert.ts';
import { parseMessage } from '../formats/hl7v2/index.ts';
import type { BenchRow } from './row.ts';

const paths = ['MSH-9', 'MSH-10', 'PID-3.1', 'PID-5.1', 'PV1-19', 'OBR-4.1', 'OBX-5'];
const rounds = 5;
const roundMs = 400;

/**
 * Parse and read seven fields of each of the 150 sample messages, in CPU microseconds per message. Ours starts from the bytes and
 * decodes the character set; the peer is handed ready text, which favours it.
 */
export async function run(folder = join(process.cwd(), '../shared/data/hl7v2-samples')): Promise<BenchRow[]> {
  if (!existsSync(folder)) return [];
  const bodies = readdirSync(folder)
    .filter((name) => name.endsWith('.hl7'))
    .map((name) => readFileSync(join(folder, name)))
    // The peer throws at a byte order mark.
    .filter((bytes) => bytes.toString('latin1', 0, 3) === 'MSH');
  const texts = bodies.map((bytes) => bytes.toString('utf8').replace(/\r?\n/g, '\r'));
  const ours: number[] = [];
  const peers: number[] = [];
  for (let round = 0; round < rounds; round++) {
    ours.push(cpuMicroseconds(bodies, readOurs));
    peers.push(cpuMicroseconds(texts, readMedplum));
  }
  const own = median(ours);
  const peer = median(peers);
  return [
    {
      name: 'HL7 v2 parse and read 7 fields, 150 samples',
      value: 1e6 / own,
      unit: 'messages/CPU-s',
      peer: '@medplum/core Hl7Message',
      peerValue: 1e6 / peer,
      ratio: peer / own,
      target: '>= 3',
    },
  ];
}

/** The sum of lengths keeps the reads from being optimised away. */
function readOurs(bytes: Uint8Array): number {
  let charsRead = 0;
  const message = parseMessage(bytes);
  for (const path of paths) charsRead += message.get(path).length;
  return charsRead;
}

function readMedplum(text: string): number {
  const message = MedplumMessage.parse(text);
  const field = (name: string, n: number) => message.getSegment(name)?.getField(n);
  const values = [
    field('MSH', 9)?.toString(),
    field('MSH', 10)?.toString(),
    field('PID', 3)?.getComponent(1),
    field('PID', 5)?.getComponent(1),
    field('PV1', 19)?.toString(),
    field('OBR', 4)?.getComponent(1),
    field('OBX', 5)?.toString(),
  ];
  return values.reduce((sum, value) => sum + (value?.length ?? 0), 0);
}

function cpuMicroseconds<T>(items: readonly T[], read: (item: T) => number): number {
  for (const item of items) read(item);
  const start = process.cpuUsage();
  const endMs = performance.now() + roundMs;
  let count = 0;
  let charsRead = 0;
  while (performance.now() < endMs) {
    for (const item of items) charsRead += read(item);
    count += items.length;
  }
  const used = process.cpuUsage(start);
  assert(charsRead > 0, 'the samples hold values');
  return (used.user + used.system) / count;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
}
