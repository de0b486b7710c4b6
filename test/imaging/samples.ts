import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../server/package-root.ts';

/** Objects that are public and not ours to commit: tests that need them are skipped, by name, where the folder is absent. */
export const sharedFolder = join(packageRoot, '../shared/data/dicom');
export const hasShared = existsSync(join(sharedFolder, 'index.json'));

export interface SampleFacts {
  readonly file: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly sopClass?: string;
  readonly sopInstanceUID?: string;
  readonly studyInstanceUID?: string;
  readonly transferSyntax?: string;
  readonly modality?: string;
  readonly pixel?: {
    readonly lossy: boolean;
    readonly sha256?: string;
    readonly min: number;
    readonly max: number;
    readonly mean: number;
  };
}

export const sharedSamples = (): readonly SampleFacts[] =>
  (JSON.parse(readFileSync(join(sharedFolder, 'index.json'), 'utf8')) as { files: SampleFacts[] }).files;

/** Eight synthetic chest radiographs of our own, one study each. */
export const demoFolder = join(packageRoot, 'data/demo/cxr');
export const demoFiles = (): readonly string[] =>
  readdirSync(demoFolder)
    .filter((name) => name.endsWith('.dcm'))
    .sort()
    .map((name) => join(demoFolder, name));
