import { mkdir, open, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { toBitHiveError } from '../../core/errors.ts';
import { bundledModelsFolder, loadModels } from '../../inference/index.ts';
import { readTokenFile } from '../../platform/security/token-file.ts';
import { loadSqlite } from '../../platform/store/sqlite/driver.ts';
import { tokenFileOf } from '../compose/data-folder.ts';
import { type Check, good, type Subject } from './doctor-check.ts';
import { channelsAndDoors, portsOf } from './doctor-doors.ts';
import { pacsOf } from './doctor-pacs.ts';

/** A check that throws is a fault, with the catalogue's advice. */
function check(name: string, look: (subject: Subject) => Promise<Omit<Check, 'name'>>) {
  return async (subject: Subject): Promise<Check> => {
    try {
      return { name, ...(await look(subject)) };
    } catch (error) {
      const { code, detail, entry, cause } = toBitHiveError(error);
      const why =
        code === 'BH_INTERNAL' && cause instanceof Object && 'message' in cause
          ? String(cause.message)
          : detail;
      return { name, verdict: 'fault', detail: `${code}: ${why}`, next: entry.next };
    }
  };
}

const nodeFloor: readonly [number, number] = [20, 19];
const gib = (bytes: number) => `${(bytes / 1024 ** 3).toFixed(1)} GiB`;

export const checks: readonly ((subject: Subject) => Promise<Check>)[] = [
  check('Node', async () => {
    const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
    const isNew = major > nodeFloor[0] || (major === nodeFloor[0] && minor >= nodeFloor[1]);
    if (!isNew)
      return {
        verdict: 'fault',
        detail: process.version,
        next: `Install Node ${nodeFloor.join('.')} or newer.`,
      };
    return good(process.version);
  }),
  check('SQLite', async ({ config }) => {
    if (config.store.kind !== 'sqlite') return good('not used: the store is PostgreSQL');
    const { name, version } = await loadSqlite();
    return good(`${version} of ${name}`);
  }),
  check('settings', async ({ warnings }) =>
    warnings.length === 0
      ? good('every variable is known')
      : { verdict: 'advice', detail: warnings.join('; '), next: 'Correct or remove the variables.' },
  ),
  check('data folder', async ({ config }) => {
    await mkdir(config.data, { recursive: true, mode: 0o700 });
    const path = join(config.data, `doctor.${process.pid}`);
    const file = await open(path, 'wx', 0o600);
    try {
      await file.writeFile('a sync that works\n');
      await file.sync();
    } finally {
      await file.close();
      await rm(path, { force: true });
    }
    return good(`${config.data} can be written and synced`);
  }),
  check('disk', async ({ config }) => {
    const { bavail, bsize } = await statfs(config.data);
    const freeBytes = bavail * bsize;
    if (freeBytes < config.disk.freeBytesMin) {
      return {
        verdict: 'fault',
        detail: `${gib(freeBytes)} free`,
        next: `Free space: the doors are closed below ${gib(config.disk.freeBytesMin)}.`,
      };
    }
    return good(`${gib(freeBytes)} free`);
  }),
  check('API token', async ({ config }) => {
    const path = tokenFileOf(config);
    try {
      await readTokenFile(path);
    } catch (error) {
      const { cause } = toBitHiveError(error);
      if (cause instanceof Object && 'code' in cause && cause.code === 'ENOENT')
        return good(`${path} is made on first start`);
      throw error;
    }
    return good(`${path} is readable by its owner only`);
  }),
  check('channels', async (subject) => good(await channelsAndDoors(subject))),
  check('ports', portsOf),
  check('PACS', pacsOf),
  check('models', async ({ config }) => {
    const { models } = await loadModels([config.inference.models ?? bundledModelsFolder()]);
    return good(models.map(({ manifest }) => `${manifest.name} ${manifest.version}`).join(', ') || 'none');
  }),
  check('time zone', async ({ config, explain }) => {
    if (explain('site.zone').origin.startsWith('config/default.yaml')) {
      return {
        verdict: 'advice',
        detail: config.site.zone,
        next: "Set site.zone to the hospital's zone: HL7 times without an offset are read in it.",
      };
    }
    return good(config.site.zone);
  }),
];
