import { resolve } from 'node:path';
import { loadConfig } from '../../config/index.ts';
import { BitHiveError } from '../../core/errors.ts';
import { parseSiteSettings } from '../../mappings/site.ts';
import { type FileReport, runFolder } from '../mapping/run-folder.ts';
import { mapOf, siteOf } from '../mapping/site-map.ts';
import { overlayFlag, overlayOfCall } from './overlay-flag.ts';
import { type Call, exitCodes, jsonFlag, type Verb } from './verb.ts';

/** `bithive mapping run`: needs no engine, no data folder and no settings file. */
export const mappingRun: Verb = {
  usage: {
    name: 'mapping run',
    summary: 'Converts the HL7 v2 files of a folder to FHIR R4 Bundles, without an engine.',
    words: [],
    flags: [
      { name: 'in', takes: 'DIR', description: 'Folder of NAME.hl7 files; folders below it are read too.' },
      {
        name: 'out',
        takes: 'DIR',
        description: 'Gets NAME.json and NAME.issues.json; of a batch NAME.1.json, NAME.2.json and so on.',
      },
      {
        name: 'zone',
        takes: 'ZONE',
        description: 'IANA zone of times that name none. The setting site.zone when absent: UTC.',
      },
      overlayFlag,
      jsonFlag,
    ],
    takesSettings: true,
    example: 'bithive mapping run --in messages --out bundles --zone Europe/Zurich',
  },
  async run(call, world) {
    const [from, to] = [folderOf(call, 'in'), folderOf(call, 'out')];
    const { config } = loadConfig({ argv: call.settingsArgv, env: world.env, cwd: world.cwd });
    const site = siteOf(config);
    const zone = call.flag('zone') ?? site.zone;
    const map = mapOf(parseSiteSettings({ ...site, zone }), overlayOfCall(call, world, config));
    const files: FileReport[] = [];
    await runFolder(resolve(world.cwd, from), resolve(world.cwd, to), map, (file) => files.push(file));
    const failed = files.filter(({ refused }) => refused > 0);
    for (const { file, refused } of failed) world.say(`${file}: ${refused} without a Bundle, see its issues`);
    if (call.has('json')) world.print(JSON.stringify({ map: map.version, files }));
    else world.print(summary(files));
    return failed.length === 0 ? exitCodes.ok : exitCodes.failed;
  },
};

function folderOf(call: Call, name: string): string {
  const folder = call.flag(name);
  if (folder === undefined) throw new BitHiveError('BH_CLI_USAGE', `mapping run needs --${name} DIR`);
  return folder;
}

function summary(files: readonly FileReport[]): string {
  const sum = (of: (file: FileReport) => number) => files.reduce((count, file) => count + of(file), 0);
  return `${files.length} files: ${sum((file) => file.bundles)} Bundles, ${sum((file) => file.refused)} refused, ${sum((file) => file.issues)} issues, ${sum((file) => file.residue)} values that no row takes`;
}
