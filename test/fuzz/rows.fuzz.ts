import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { BitHiveError } from '../../core/errors.ts';
import { parseMessage } from '../../formats/hl7v2/index.ts';
import { readMapFiles } from '../../mappings/hl7v2/compiler/map-files.ts';
import { readMapFolder } from '../../mappings/hl7v2/compiler/read-folder.ts';
import { loadHl7ToFhirMap } from '../../mappings/index.ts';
import { fuzzSite } from './mapping.fuzz.ts';
import { seedMessages } from './mapping-inputs.ts';
import type { FuzzReport } from './mllp.fuzz.ts';
import { Dice } from './mllp-inputs.ts';
import { rowChange } from './row-inputs.ts';
import { mapParts, shippedFiles, smallMap } from './shipped-rows.ts';

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

function faultOf(folder: string, files: ReadonlyMap<string, string>): string | undefined {
  rmSync(folder, { recursive: true, force: true });
  for (const part of mapParts) mkdirSync(join(folder, part), { recursive: true });
  for (const [path, text] of files) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  try {
    const map = loadHl7ToFhirMap({ rows: readMapFolder(readMapFiles(folder)), site: fuzzSite });
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
