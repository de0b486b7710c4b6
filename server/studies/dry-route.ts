import { open, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileSource } from '../../connectors/dicom-objects/file-source.ts';
import { BitHiveError, toBitHiveError } from '../../core/errors.ts';
import type { BlobHash } from '../../core/ids.ts';
import type { OrderFacts } from '../../core/order.ts';
import type { StudyInstance } from '../../core/study.ts';
import { instanceFacts, readHeader } from '../../formats/dicom/index.ts';
import type { ChannelDefinition } from '../../pipelines/channel/definition.ts';
import { routeSettings } from '../../pipelines/steps/route-study.ts';
import { compileRouting, type RuleWord } from '../../pipelines/study/routing.ts';

/** What the rules of one channel say of one study. */
export interface RoutedDry {
  readonly studyInstanceUid: string;
  readonly instances: number;
  readonly series: number;
  readonly channel: string;
  readonly models: readonly string[];
  readonly rules: readonly RuleWord[];
}

export interface ReadFiles {
  readonly instances: readonly StudyInstance[];
  /** Files that are no DICOM objects, with the reason. */
  readonly refused: readonly { readonly file: string; readonly code: string; readonly detail: string }[];
}

/** Files that one dry run reads at most. */
const filesMax = 100_000;

/** Reads the headers of files and of all files below folders. */
export async function readInstances(paths: readonly string[]): Promise<ReadFiles> {
  const instances: StudyInstance[] = [];
  const refused: ReadFiles['refused'][number][] = [];
  let count = 0;
  for (const path of paths)
    for await (const file of filesOf(path)) {
      count += 1;
      if (count > filesMax) throw new BitHiveError('BH_CLI_USAGE', `more than ${filesMax} files`);
      try {
        instances.push(await readInstance(file));
      } catch (error) {
        const { code, detail } = toBitHiveError(error);
        if (code === 'BH_INTERNAL') throw error;
        refused.push({ file, code, detail });
      }
    }
  return { instances, refused };
}

/** Runs the rules of every channel that routes studies; nothing is sent, and no engine is needed. */
export function routeDry(
  channels: readonly ChannelDefinition[],
  instances: readonly StudyInstance[],
  order: OrderFacts | undefined,
): readonly RoutedDry[] {
  const studies = new Map<string, StudyInstance[]>();
  for (const instance of instances) {
    const known = studies.get(instance.studyInstanceUid);
    if (known) known.push(instance);
    else studies.set(instance.studyInstanceUid, [instance]);
  }
  return channels.flatMap(({ channel, steps }) =>
    steps
      .filter(({ kind }) => kind === 'route')
      .flatMap(({ settings }) => {
        const route = compileRouting(routeSettings.parse(settings).rules);
        return [...studies].map(([studyInstanceUid, members]) => {
          const { models, rules } = route({ study: { instances: members }, ...(order ? { order } : {}) });
          const series = new Set(members.map(({ seriesInstanceUid }) => seriesInstanceUid)).size;
          return { studyInstanceUid, instances: members.length, series, channel, models, rules };
        });
      }),
  );
}

async function* filesOf(path: string): AsyncGenerator<string> {
  const kind = await stat(path).catch((cause: unknown) => {
    throw new BitHiveError('BH_CLI_USAGE', `${path} cannot be read`, { cause });
  });
  if (!kind.isDirectory()) {
    yield path;
    return;
  }
  const entries = await readdir(path, { withFileTypes: true, recursive: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  yield* files.sort();
}

async function readInstance(path: string): Promise<StudyInstance> {
  const file = await open(path, 'r');
  try {
    const { size, mtimeMs } = await file.stat();
    const facts = instanceFacts(await readHeader(fileSource(file, size)));
    return { ...facts, blob: ''.padStart(64, '0') as BlobHash, bytesCount: size, receivedAtMs: mtimeMs };
  } finally {
    await file.close();
  }
}
