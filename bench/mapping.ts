import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Hl7Message as MedplumMessage } from '@medplum/core';
import { parse } from 'yaml';
import { assert } from '../core/assert.ts';
import { parseMessage } from '../formats/hl7v2/index.ts';
import { readMapFiles } from '../mappings/hl7v2/compiler/map-files.ts';
import { readMapFolder } from '../mappings/hl7v2/compiler/read-folder.ts';
import { loadHl7ToFhirMap, parseSiteSettings, printBundle } from '../mappings/index.ts';
import { Utf8Block } from '../pipelines/steps/utf8-block.ts';
import { adtMessage } from './accept/adt.ts';
import { oruMessage } from './oru-message.ts';
import { type BenchRow, median } from './row.ts';

const rounds = 5;

/**
 * Messages from their bytes to the bytes of their FHIR transaction. Every one is of another patient, so that nothing of the one helps the
 * next but what a hospital's messages share: wards, physicians, codes. The peer only parses, and is handed ready text: it is the floor that
 * no converter can reach.
 */
export async function run(): Promise<readonly BenchRow[]> {
  return [
    row(
      'ADT^A08 of 1 KB to a FHIR transaction of 15 KB, as bytes',
      'value >= 4,000',
      many(20_000, distinctAdt),
    ),
    row(
      'ORU^R01 of 10 KB with 28 results to a FHIR transaction, as bytes',
      'value >= 800',
      many(2_000, oruMessage),
    ),
    perResult(),
    compileTime(),
  ];
}

const many = (count: number, make: (at: number) => Buffer): readonly Buffer[] =>
  Array.from({ length: count }, (_, at) => make(at));

function row(name: string, target: string, bodies: readonly Buffer[]): BenchRow {
  const texts = bodies.map((bytes) => bytes.toString('utf8'));
  const convert = converter();
  for (const body of bodies.slice(0, bodies.length / 10)) convert(body);
  for (const text of texts.slice(0, bodies.length / 10)) parseOnly(text);
  const ours: number[] = [];
  const peers: number[] = [];
  for (let round = 0; round < rounds; round++) {
    ours.push(cpuMicroseconds(bodies, convert));
    peers.push(cpuMicroseconds(texts, parseOnly));
  }
  const own = median(ours);
  const peer = median(peers);
  return {
    name,
    value: 1e6 / own,
    unit: 'messages/CPU-s',
    peer: '@medplum/core Hl7Message.parse only',
    peerValue: 1e6 / peer,
    ratio: peer / own,
    target,
  };
}

/** A result of 5,000 costs about what one of 500 does: the ratio tells what is not linear. */
function perResult(): BenchRow {
  const convert = converter();
  const [large, small] = [5_000, 500].map((results) => {
    const bodies = many(5_000 / results, (at) => oruMessage(at, results));
    const times = Array.from({ length: rounds }, () => cpuMicroseconds(bodies, convert));
    return median(times.slice(1)) / results;
  }) as [number, number];
  return {
    name: 'ORU^R01 with 5,000 results, per result',
    value: large,
    unit: 'CPU us',
    peer: 'the same with 500 results',
    peerValue: small,
    ratio: large / small,
    target: 'ratio <= 2',
  };
}

/** From the files on disk to a map that takes messages: a hospital changes a row and waits for this. The peer only reads the YAML. */
function compileTime(): BenchRow {
  const folder = fileURLToPath(new URL('../mappings/hl7v2', import.meta.url));
  const texts = ['messages', 'segments', 'types'].flatMap((part) =>
    readdirSync(join(folder, part)).map((name) => readFileSync(join(folder, part, name), 'utf8')),
  );
  const loads = Array.from({ length: rounds }, () =>
    cpuMicroseconds(
      [folder],
      (from) => loadHl7ToFhirMap({ rows: readMapFolder(readMapFiles(from)), site }).takes.length,
    ),
  );
  const reads = Array.from({ length: rounds }, () =>
    cpuMicroseconds([texts], (all) => all.filter((text) => parse(text) !== null).length),
  );
  const [own, peer] = [median(loads) / 1000, median(reads) / 1000];
  return {
    name: `${texts.length} files of rows to a map that takes messages`,
    value: own,
    unit: 'CPU ms',
    peer: 'yaml parse of the same files',
    peerValue: peer,
    ratio: own / peer,
    target: 'value <= 1,000',
  };
}

const site = parseSiteSettings({
  namespace: '6ba7b810-9dad-11d1-80b4-00c04fd430c8',
  zone: 'Europe/Zurich',
  localSystem: 'https://bithive.example/id',
});

function converter(): (body: Uint8Array) => number {
  const map = loadHl7ToFhirMap({ site });
  const block = new Utf8Block();
  return (body) => block.encode(printBundle(map.convert(parseMessage(body), context).bundle)).length;
}

const context = { receivedAtMs: Date.UTC(2026, 10, 22) };

const parseOnly = (text: string): number => MedplumMessage.parse(text).segments.length;

/** Name, birthday, addresses, numbers and times of their own; one of 200 physicians, 20 wards, 30 rooms. */
function distinctAdt(at: number): Buffer {
  const six = String(at).padStart(6, '0');
  const two = (n: number): string => String(n).padStart(2, '0');
  const time = `202611${two(1 + (at % 28))}${two(at % 24)}${two((at * 7) % 60)}${two((at * 13) % 60)}`;
  const text = adtMessage(`C${six}`, at)
    .toString('latin1')
    .replaceAll(/20261122\d{6}/g, time)
    .replaceAll('Testperson', `Testperson${at.toString(36)}`)
    .replaceAll('Bahnhofstrasse 12', `Bahnhofstrasse ${at}`)
    .replaceAll(/555010(\d)/g, `5$1${six}`)
    .replace('nora@', `nora${at}@`)
    .replace('19760412', `19${30 + (at % 70)}0${1 + (at % 9)}${two(1 + (at % 28))}`)
    .replaceAll('1001^Muster', `${1000 + (at % 200)}^Muster${at % 200}`)
    .replace('MED^201^1', `W${at % 20}^${200 + (at % 30)}^${1 + (at % 3)}`);
  return Buffer.from(text, 'latin1');
}

/** The sum keeps the work from being optimised away. */
function cpuMicroseconds<T>(items: readonly T[], work: (item: T) => number): number {
  const start = process.cpuUsage();
  let sum = 0;
  for (const item of items) sum += work(item);
  const used = process.cpuUsage(start);
  assert(sum > 0, 'every message gives something');
  return (used.user + used.system) / items.length;
}
