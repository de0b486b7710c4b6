import { performance } from 'node:perf_hooks';
import { BitHiveError } from '../../core/errors.ts';
import { parseMessage } from '../../formats/hl7v2/index.ts';
import { type MapFolder, readMapFolder } from '../../mappings/hl7v2/compiler/read-folder.ts';
import { loadHl7ToFhirMap, type Overlay, refuseStrangers } from '../../mappings/index.ts';
import { fuzzSite } from './mapping.fuzz.ts';
import { seedMessages } from './mapping-inputs.ts';
import type { FuzzReport } from './mllp.fuzz.ts';
import { Dice } from './mllp-inputs.ts';
import { overlayInput } from './overlay-inputs.ts';
import { shippedFiles, smallMap } from './shipped-rows.ts';
import { slowOnlyWhenAlways } from './slow.ts';

interface OverlayFuzzOptions {
  /** Loading an overlay and converting every seed message may take no longer. */
  readonly loadMsMax?: number;
}

/** Maps of one message each: the compile of all would take a minute for two hundred overlays. */
const bases = ['adt_a43', 'siu_s23', 'mdm_t02', 'ack', 'adt_a39'];
/** A file of the overlay or one of ours that it broke, and a line of it; or, where no file is at fault, what is missing. */
const place =
  /^(overlay\/)?(site|(messages|segments|types|tables)\/[A-Za-z0-9_.-]+)\.?(yaml|csv)?:\d+: |^messages: no file takes/;

/**
 * Lays overlays with mistakes over our rows: the loader takes them, and then maps every seed message, or answers BH_MAP_DEFINITION with file
 * and line.
 */
export async function fuzzOverlays(
  count: number,
  seed: number,
  { loadMsMax = 2_000 }: OverlayFuzzOptions = {},
): Promise<FuzzReport> {
  const dice = new Dice(seed);
  const files = shippedFiles();
  const all = bases.map((name) => readMapFolder(smallMap(files, `messages/${name}.yaml`)));
  const failures: string[] = [];
  for (let nth = 0; nth < count; nth++) {
    const rows = dice.pick(all);
    const input = overlayInput(rows, dice);
    const fault = await slowOnlyWhenAlways(
      async () => faultOf(rows, { files: input.files, label: 'overlay' }, loadMsMax),
      (one) => one === 'slow',
    );
    if (fault !== undefined) failures.push(`seed ${seed}, input ${nth}, ${input.name}: ${fault}`);
  }
  return { sent: count, answered: count - failures.length, failures };
}

function faultOf(rows: MapFolder, overlay: Overlay, loadMsMax: number): string | undefined {
  const startedMs = performance.now();
  const fault = outcomeOf(rows, overlay);
  return fault ?? (performance.now() - startedMs > loadMsMax ? 'slow' : undefined);
}

function outcomeOf(rows: MapFolder, overlay: Overlay): string | undefined {
  let map: ReturnType<typeof loadHl7ToFhirMap>;
  try {
    refuseStrangers(overlay.files.keys(), overlay.label);
    map = loadHl7ToFhirMap({ site: fuzzSite, rows, overlay });
  } catch (error) {
    if (!(error instanceof BitHiveError)) return stackOf(error);
    if (error.code !== 'BH_MAP_DEFINITION') return String(error);
    return place.test(error.detail) ? undefined : `no place: ${error.detail.slice(0, 200)}`;
  }
  try {
    for (const text of seedMessages) map.convert(parseMessage(Buffer.from(text)), { receivedAtMs: 0 });
    return undefined;
  } catch (error) {
    return `loaded, but left the mapper: ${stackOf(error)}`;
  }
}

const stackOf = (error: unknown): string =>
  error instanceof Error ? (error.stack ?? '').split('\n').slice(0, 4).join(' ') : String(error);
