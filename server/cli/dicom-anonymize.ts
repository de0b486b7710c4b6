import { readFile, stat, writeFile } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { parse } from 'yaml';
import { BitHiveError } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import {
  type DeidentifyPolicy,
  deidentify,
  deidentifySchema,
  type Pseudonyms,
  policyOf,
  profileOptions,
  pseudonymsOf,
} from '../../mappings/deidentify/index.ts';
import { filesOf, keyFileFlag, keyOf, makeFolder, unreadable } from './deidentify-call.ts';
import { type Call, exitCodes, type Verb, type World } from './verb.ts';

export const dicomAnonymize: Verb = {
  usage: {
    name: 'dicom anonymize',
    summary: 'De-identifies DICOM files by PS3.15 Annex E and writes them under their new UIDs.',
    words: ['FILE|FOLDER'],
    flags: [
      { name: 'out', takes: 'DIR', description: 'Folder of the new files, NEW-UID.dcm.' },
      {
        name: 'options',
        takes: 'NAMES',
        description: `Options of the profile, separated by commas: ${profileOptions.map(({ name }) => name).join(', ')}.`,
      },
      {
        name: 'pixels',
        takes: 'HOW',
        description: 'Images that may have text burned in: quarantine (refused), mask or keep.',
      },
      {
        name: 'policy',
        takes: 'FILE',
        description: 'YAML with what a channel has under `deidentify`, masks too; flags go before it.',
      },
      keyFileFlag,
    ],
    takesSettings: true,
    example: 'bithive dicom anonymize study --out shared --options retain-modified-dates,clean-descriptors',
  },
  async run(call, world) {
    const out = call.flag('out');
    if (out === undefined) throw new BitHiveError('BH_CLI_USAGE', 'dicom anonymize needs --out DIR');
    const from = resolve(world.cwd, call.words[0] ?? '');
    const { policy, key } = await policyOfCall(call, world);
    const pseudonyms = pseudonymsOf(await keyOf(call, world, key));
    const to = resolve(world.cwd, out);
    await makeFolder(to);
    const names = new Names();
    let isAllDone = true;
    for (const file of await filesOf(from)) {
      const line = await anonymized(file, to, { policy, pseudonyms, names });
      isAllDone &&= !('code' in line);
      world.print(JSON.stringify({ file: relative(world.cwd, file) || file, ...line }));
    }
    return isAllDone ? exitCodes.ok : exitCodes.failed;
  },
};

interface Run {
  readonly policy: DeidentifyPolicy;
  readonly pseudonyms: Pseudonyms;
  readonly names: Names;
}

/** A UID that leaves is of digits and dots, whatever came. Two files of one run may hold instances of one UID; the second must not take the place of the first. */
class Names {
  readonly #taken = new Map<string, number>();

  free(name: string): string {
    const nth = (this.#taken.get(name) ?? 0) + 1;
    this.#taken.set(name, nth);
    return nth === 1 ? `${name}.dcm` : `${name}-${nth}.dcm`;
  }
}

/** What became of one file. The names of those that were refused tell who it is: they are printed here and written nowhere. */
async function anonymized(file: string, to: string, { policy, pseudonyms, names }: Run) {
  try {
    const { size } = await stat(file);
    if (size > limits.deidentifyObjectBytesMax)
      throw new BitHiveError('BH_DICOM_LIMIT', `${size} bytes are too many to be de-identified`);
    const { bytes, counts, isMasked, ...uids } = await deidentify(await readFile(file), policy, pseudonyms);
    const name = names.free(uids.sopInstanceUid);
    await writeFile(join(to, name), bytes, { mode: 0o600 });
    const { studyInstanceUid, seriesInstanceUid, sopInstanceUid } = uids;
    return { out: name, studyInstanceUid, seriesInstanceUid, sopInstanceUid, isMasked, ...counts };
  } catch (error) {
    if (!(error instanceof BitHiveError) || !error.code.startsWith('BH_DICOM_')) throw error;
    return { code: error.code, detail: error.detail };
  }
}

async function policyOfCall(
  call: Call,
  world: World,
): Promise<{ readonly policy: DeidentifyPolicy; readonly key: string | undefined }> {
  const file = call.flag('policy');
  const text =
    file === undefined ? '{}' : await readFile(resolve(world.cwd, file), 'utf8').catch(unreadable(file));
  const options = call.flag('options')?.split(',').filter(Boolean);
  const pixels = call.flag('pixels');
  const given: unknown = {
    ...yamlOf(text, file ?? ''),
    ...(options === undefined ? {} : { options }),
    ...(pixels === undefined ? {} : { pixels }),
  };
  const result = deidentifySchema.safeParse(given);
  if (!result.success) {
    const [issue] = result.error.issues;
    throw new BitHiveError('BH_CLI_USAGE', `${issue?.path.join('.') || 'policy'}: ${issue?.message}`);
  }
  return { policy: policyOf(result.data), key: result.data.key };
}

function yamlOf(text: string, file: string): object {
  try {
    return (parse(text) as object | null) ?? {};
  } catch (cause) {
    throw new BitHiveError('BH_CLI_USAGE', `${file} is no YAML`, { cause });
  }
}
