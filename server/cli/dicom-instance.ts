import { resolve } from 'node:path';
import type { InstanceFacts } from '../../core/study.ts';
import { instanceFacts, readHeader, verifyPixelData } from '../../formats/dicom/index.ts';
import { withDicomFile } from './dicom-file.ts';
import type { World } from './verb.ts';

/** A DICOM file that was named on the command line, its header read. */
export interface InstanceFile {
  readonly path: string;
  readonly bytesCount: number;
  readonly facts: InstanceFacts;
}

/** Throws BH_DICOM_* for what is no DICOM object, BH_CLI_USAGE for a file that cannot be read. */
export function readInstanceFile(word: string, world: World): Promise<InstanceFile> {
  return withDicomFile(word, world, async (source) => {
    const dataset = await readHeader(source);
    await verifyPixelData(source, dataset);
    return { path: resolve(world.cwd, word), bytesCount: source.size, facts: instanceFacts(dataset) };
  });
}
