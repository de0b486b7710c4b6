import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BitHiveError } from '../../core/errors.ts';
import { parseMessage } from '../../formats/hl7v2/index.ts';
import { loadHl7ToFhirMap } from '../../mappings/index.ts';
import { fuzzSite } from './mapping.fuzz.ts';
import { seedMessages } from './mapping-inputs.ts';
import type { FuzzReport } from './mllp.fuzz.ts';
import { Dice } from './mllp-inputs.ts';
import { rowChange } from './row-inputs.ts';

const shipped = fileURLToPath(new URL('../../mappings/hl7v2', import.meta.url));
const parts = ['messages', 'segments', 'types', 'tables'];
/** A file and a line of it; or, where no file is at fault, what is missing. */
const place = /^(messages|segments|types|tables)\/[A-Za-z0-9_.-]+:\d+: |^messages: no file takes/;

/**
 * Loads the shipped rows with mistakes in one file: the loader takes them, and then maps every seed message, or answers BH_MAP_DEFINITION with file and
 * line. A map of one message is loaded each time, so that thousands of mistakes can be made.
 */
export async function fuzzRows(count: number, seed: number): Promise<FuzzReport> {
  const dice = new Dice(seed);
  const folder = mkdtempSync(join(tmpdir(), 'bithive-rows-'));
  const files = shippedFiles();
  const failures: string[] = [];
  for (let nth = 0; nth < count; nth++) {
    const message = dice.pick([...files.keys()].filter((name) => name.startsWith('messages/')));
    const used = smallMap(files, message);
    const changed = nth % 3 === 0 ? message : dice.pick([...used.keys()]);
    const { name, text } = rowChange(used.get(changed)!, dice);
    const fault = faultOf(folder, new Map([...used, [changed, text]]));
    if (fault !== undefined) failures.push(`seed ${seed}, input ${nth}, ${changed}: ${name}: ${fault}`);
  }
  rmSync(folder, { recursive: true, force: true });
  return { sent: count, answered: count - failures.length, failures };
}

function shippedFiles(): ReadonlyMap<string, string> {
  return new Map(
    parts.flatMap((part) =>
      readdirSync(join(shipped, part))
        .sort()
        .map((name) => [`${part}/${name}`, readFileSync(join(shipped, part, name), 'utf8')] as const),
    ),
  );
}

/** One message with what it names: every file whose name stands in it, all datatypes and tables, and the message that takes the rest. */
function smallMap(files: ReadonlyMap<string, string>, message: string): ReadonlyMap<string, string> {
  const text = `${files.get(message)}${files.get('messages/any.yaml')}`;
  const words = new Set(text.match(/[a-z0-9_-]+(\.[a-z0-9_-]+)+/g) ?? []);
  return new Map(
    [...files].filter(([path]) => {
      if (path.startsWith('messages/')) return path === message || path === 'messages/any.yaml';
      return !path.startsWith('segments/') || words.has(path.slice('segments/'.length, -'.yaml'.length));
    }),
  );
}

function faultOf(folder: string, files: ReadonlyMap<string, string>): string | undefined {
  rmSync(folder, { recursive: true, force: true });
  for (const part of parts) mkdirSync(join(folder, part), { recursive: true });
  for (const [path, text] of files) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  try {
    const map = loadHl7ToFhirMap({ folder, site: fuzzSite });
    try {
      for (const text of seedMessages) map.convert(parseMessage(Buffer.from(text)), { receivedAtMs: 0 });
    } catch (error) {
      return `loaded, but left the mapper: ${stackOf(error)}`;
    }
    return undefined;
  } catch (error) {
    if (!(error instanceof BitHiveError)) return stackOf(error);
    if (error.code !== 'BH_MAP_DEFINITION') return String(error);
    return place.test(error.detail) ? undefined : `no place: ${error.detail.slice(0, 200)}`;
  }
}

const stackOf = (error: unknown): string =>
  error instanceof Error ? (error.stack ?? '').split('\n').slice(0, 4).join(' ') : String(error);
