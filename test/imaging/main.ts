import { join } from 'node:path';
import { packageRoot } from '../../server/package-root.ts';
import { runAlone } from './alone.ts';
import { prepare } from './prepare.ts';

/**
 * `npm run test:imaging -- [--install] [jest arguments]`: the tests that need Orthanc, dcmtk and dicom3tools, in a network namespace of
 * their own. Where the components cannot be had, the tests are skipped by name.
 */
const why = prepare();
const asked = process.argv.slice(2).filter((word) => word !== '--install');
const jest = [
  process.execPath,
  '--experimental-vm-modules',
  '--no-warnings=ExperimentalWarning',
  join(packageRoot, 'node_modules/jest/bin/jest.js'),
  '--config',
  join(packageRoot, 'jest.imaging.config.mjs'),
  ...asked,
];
if (why !== null) process.stdout.write(`the tests of imaging are skipped: ${why}\n`);
process.exit(runAlone(jest));
