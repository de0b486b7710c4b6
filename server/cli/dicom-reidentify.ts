import { readFile, stat, writeFile } from 'node:fs/promises';
import { basename, join, relative, resolve } from 'node:path';
import { BitHiveError } from '../../core/errors.ts';
import type { Json } from '../../core/json.ts';
import { limits } from '../../core/limits.ts';
import { readDataset, type WritableDataset, writableOf } from '../../formats/dicom/index.ts';
import { pseudonymsOf, type Reidentifier, reidentifierOf } from '../../mappings/deidentify/index.ts';
import { filesOf, keyFileFlag, keyOf, makeFolder } from './deidentify-call.ts';
import { exitCodes, type Verb, type World } from './verb.ts';

export const dicomReidentify: Verb = {
  usage: {
    name: 'dicom reidentify',
    summary: 'Gives results that were computed on de-identified objects their patient and study back.',
    words: ['FILE|FOLDER'],
    flags: [
      {
        name: 'originals',
        takes: 'FILE|FOLDER',
        description: 'The DICOM objects as they were before they were de-identified.',
      },
      { name: 'out', takes: 'DIR', description: 'Folder of the new files, under the names that they have.' },
      keyFileFlag,
    ],
    takesSettings: true,
    example: 'bithive dicom reidentify results --originals study --out back --key-file research-key',
  },
  async run(call, world) {
    const [from, out] = [call.flag('originals'), call.flag('out')];
    if (from === undefined || out === undefined)
      throw new BitHiveError('BH_CLI_USAGE', 'dicom reidentify needs --originals and --out');
    const originals = await originalsOf(resolve(world.cwd, from), world);
    const back = reidentifierOf(originals, pseudonymsOf(await keyOf(call, world)));
    const to = resolve(world.cwd, out);
    await makeFolder(to);
    let isAllDone = true;
    const taken = new Set<string>();
    for (const file of await filesOf(resolve(world.cwd, call.words[0] ?? ''))) {
      const name = basename(file);
      if (taken.has(name)) throw new BitHiveError('BH_CLI_USAGE', `two files are named ${name}`);
      taken.add(name);
      const line = await turnedBack(file, join(to, name), back);
      isAllDone &&= !('code' in line);
      world.print(JSON.stringify({ file: relative(world.cwd, file) || file, ...line }));
    }
    return isAllDone ? exitCodes.ok : exitCodes.failed;
  },
};

/** Without their pixels, which nobody needs here. A file that is no object is none of the originals. */
async function originalsOf(path: string, world: World): Promise<readonly WritableDataset[]> {
  const originals: WritableDataset[] = [];
  for (const file of await filesOf(path)) {
    try {
      const dataset = new Map(writableOf(readDataset(await read(file))));
      for (const tag of dataset.keys()) if (tag >>> 16 === 0x7fe0) dataset.delete(tag);
      originals.push(dataset);
    } catch (error) {
      world.say(`${file}: ${refusal(error).code}`);
    }
  }
  return originals;
}

async function turnedBack(file: string, to: string, back: Reidentifier) {
  try {
    const bytes = await read(file);
    const isJson = /\.json$/i.test(file);
    const turned = isJson ? jsonOf(bytes, back) : back.object(bytes);
    await writeFile(to, turned, { mode: 0o600 });
    return { out: basename(to) };
  } catch (error) {
    const { code, detail } = refusal(error);
    return { code, detail };
  }
}

/** A finding, a FHIR resource or a Bundle. */
function jsonOf(bytes: Uint8Array, back: Reidentifier): string {
  try {
    return `${JSON.stringify(back.json(JSON.parse(Buffer.from(bytes).toString('utf8')) as Json))}\n`;
  } catch (cause) {
    throw new BitHiveError('BH_DICOM_SYNTAX', 'no JSON', { cause });
  }
}

async function read(file: string): Promise<Uint8Array> {
  const { size } = await stat(file);
  if (size > limits.deidentifyObjectBytesMax)
    throw new BitHiveError('BH_DICOM_LIMIT', `${size} bytes are too many`);
  return readFile(file);
}

function refusal(error: unknown): BitHiveError {
  if (error instanceof BitHiveError && error.code.startsWith('BH_DICOM_')) return error;
  throw error;
}
