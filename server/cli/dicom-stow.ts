import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import {
  instanceOfFile,
  reasonText,
  type StoreAnswer,
  storeInstances,
} from '../../connectors/dicomweb/client/index.ts';
import { ExchangeFailed } from '../../connectors/http/exchange.ts';
import type { HttpAuth, HttpTls } from '../../connectors/http/http-auth.ts';
import { type HttpClient, openHttpClient } from '../../connectors/http/http-client.ts';
import { BitHiveError } from '../../core/errors.ts';
import { systemClock } from '../../platform/clock.ts';
import { systemRandom } from '../../platform/random.ts';
import { createSystemKeys } from '../../platform/security/system-keys.ts';
import { type InstanceFile, readInstanceFile } from './dicom-instance.ts';
import { type Call, exitCodes, jsonFlag, type Verb, type World } from './verb.ts';

/** What became of one file. */
interface Sent {
  readonly file: string;
  readonly sopInstanceUid?: string;
  readonly isStored: boolean;
  readonly detail?: string;
}

/** A request carries so many files at most: an answer that is lost leaves no more than these in doubt. */
const filesPerRequest = 100;

export const dicomStow: Verb = {
  usage: {
    name: 'dicom stow',
    summary: 'Sends DICOM files to an archive by STOW-RS and says what became of each.',
    words: ['FILE...'],
    flags: [
      { name: 'url', takes: 'URL', description: 'Root of the archive’s DICOMweb service.' },
      { name: 'study', takes: 'UID', description: 'Send to this study: objects of another one are refused.' },
      { name: 'token', takes: 'REFERENCE', description: 'Bearer token, by file:PATH or env:NAME.' },
      { name: 'user', takes: 'NAME', description: 'User name (Basic), with --password.' },
      { name: 'password', takes: 'REFERENCE', description: 'Password, by file:PATH or env:NAME.' },
      { name: 'ca', takes: 'FILE', description: 'Authorities that the archive may be certified by, PEM.' },
      { name: 'cert', takes: 'FILE', description: 'Certificate to show to the archive, PEM.' },
      { name: 'key', takes: 'FILE', description: 'Its private key, PEM, mode 0600.' },
      jsonFlag,
    ],
    takesSettings: false,
    example: 'bithive dicom stow chest.dcm --url http://127.0.0.1:8042/dicom-web',
  },
  async run(call, world) {
    const client = await clientOf(call, world);
    let isAllStored = true;
    const tell = (sent: Sent): void => {
      isAllStored &&= sent.isStored;
      world.print(call.has('json') ? JSON.stringify(sent) : textOf(sent));
    };
    try {
      for (let at = 0; at < call.words.length; at += filesPerRequest) {
        const files: InstanceFile[] = [];
        for (const word of call.words.slice(at, at + filesPerRequest)) {
          const file = await readFileOf(word, world);
          if ('facts' in file) files.push(file);
          else tell(file);
        }
        if (files.length > 0) for (const sent of await send(client, files, call.flag('study'))) tell(sent);
      }
    } finally {
      await client.close();
    }
    return isAllStored ? exitCodes.ok : exitCodes.failed;
  },
};

async function readFileOf(word: string, world: World): Promise<InstanceFile | Sent> {
  try {
    return await readInstanceFile(word, world);
  } catch (error) {
    if (!(error instanceof BitHiveError) || !error.code.startsWith('BH_DICOM_')) throw error;
    return { file: word, isStored: false, detail: `${error.code} ${error.detail}` };
  }
}

async function send(
  client: HttpClient,
  files: readonly InstanceFile[],
  study: string | undefined,
): Promise<readonly Sent[]> {
  const instances = files.map(({ path, bytesCount }) => instanceOfFile(path, bytesCount));
  const signal = new AbortController().signal;
  const options = {
    random: systemRandom,
    signal,
    ...(study === undefined ? {} : { studyInstanceUid: study }),
  };
  const answer = await storeInstances(client, instances, options).catch((cause: unknown) => {
    if (!(cause instanceof ExchangeFailed)) throw cause;
    throw new BitHiveError('BH_DELIVERY_UNREACHABLE', cause.reason, { cause });
  });
  return files.map((file) => sentOf(file, answer));
}

function sentOf({ path: file, facts: { sopInstanceUid } }: InstanceFile, answer: StoreAnswer): Sent {
  const isOf = (entry: { readonly sopInstanceUid: string }) => entry.sopInstanceUid === sopInstanceUid;
  const failed = answer.failed.find(isOf);
  const stored = failed === undefined ? answer.stored.find(isOf) : undefined;
  const entry = failed ?? stored;
  const detail =
    entry === undefined
      ? `HTTP ${answer.status} without a word on this object${answer.text === '' ? '' : `: ${answer.text}`}`
      : [entry.reason === undefined ? '' : reasonText(entry.reason), entry.comment ?? '']
          .filter((text) => text !== '')
          .join(' ');
  return { file, sopInstanceUid, isStored: stored !== undefined, ...(detail === '' ? {} : { detail }) };
}

function textOf({ file, sopInstanceUid, isStored, detail }: Sent): string {
  const what = isStored ? 'stored' : 'not stored';
  return [`${file}: ${what}`, sopInstanceUid, detail].filter((text) => text !== undefined).join(', ');
}

async function clientOf(call: Call, world: World): Promise<HttpClient> {
  const url = call.flag('url');
  if (url === undefined) throw new BitHiveError('BH_CLI_USAGE', '--url: the root of the DICOMweb service');
  const auth = authOf(call);
  return openHttpClient({
    url,
    connections: 1,
    tls: await tlsOf(call, world),
    ...(auth === undefined ? {} : { auth }),
    ports: { clock: systemClock, random: systemRandom, keys: createSystemKeys(world) },
  });
}

function authOf(call: Call): HttpAuth | undefined {
  const token = call.flag('token');
  const user = call.flag('user');
  const password = call.flag('password');
  if ((user === undefined) !== (password === undefined) || (token !== undefined && user !== undefined))
    throw new BitHiveError('BH_CLI_USAGE', 'either --token, or --user with --password');
  if (token !== undefined) return { kind: 'bearer', token };
  return user === undefined || password === undefined ? undefined : { kind: 'basic', user, password };
}

async function tlsOf(call: Call, world: World): Promise<HttpTls> {
  const pem = async (name: string): Promise<string | undefined> => {
    const path = call.flag(name);
    if (path === undefined) return undefined;
    return readFile(resolve(world.cwd, path), 'utf8').catch((cause: unknown) => {
      throw new BitHiveError('BH_CLI_USAGE', `--${name}: ${path} cannot be read`, { cause });
    });
  };
  const [ca, certificate] = [await pem('ca'), await pem('cert')];
  const key = call.flag('key');
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(certificate === undefined ? {} : { certificate }),
    ...(key === undefined ? {} : { privateKey: `file:${key}` }),
  };
}
