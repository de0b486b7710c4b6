import { type StoreResult, statusClass, statusText, storeMany } from '../../connectors/dimse/index.ts';
import { assert } from '../../core/assert.ts';
import { dicomFiles, type ReadableFile, type RefusedFile } from './dicom-files.ts';
import { nodeFlags, nodeOf, timesOf } from './dicom-node.ts';
import { table } from './table.ts';
import { exitCodes, jsonFlag, type Verb } from './verb.ts';

interface Line {
  readonly file: string;
  /** What became of it: stored, warning (stored, with something to look at), failed, or unreadable. */
  readonly result: string;
  readonly sopInstanceUid?: string;
  /** Status of the answer. */
  readonly status?: string;
  readonly code?: string;
  readonly comment?: string;
}

export const dicomStore: Verb = {
  usage: {
    name: 'dicom store',
    summary: 'Sends DICOM files and folders to a DICOM node (C-STORE) and says what it answers to each.',
    words: ['PATH...'],
    flags: [...nodeFlags, jsonFlag],
    takesSettings: false,
    example: 'bithive dicom store study/ --host pacs.example --port 104 --called-ae PACS',
  },
  async run(call, world) {
    const node = await nodeOf(call, world);
    const found = await dicomFiles(call.words, world);
    const readable = found.flatMap((one) => ('object' in one ? [one] : []));
    const results = storeMany(
      node,
      readable.map(({ object }) => object),
      timesOf(call),
    );
    const lines: Line[] = [];
    for (const one of found) {
      const line = 'object' in one ? lineOf(one, await resultOf(results)) : unreadable(one);
      lines.push(line);
      if (call.has('json')) world.print(JSON.stringify(line));
    }
    await results.return();
    const storedCount = lines.filter(({ result }) => result === 'stored' || result === 'warning').length;
    if (!call.has('json')) {
      world.print(table(['RESULT', 'STATUS', 'FILE', 'WHY'], lines.map(rowOf)));
      world.say(`${storedCount} of ${lines.length} stored by ${node.calledAe}`);
    }
    return storedCount === lines.length ? exitCodes.ok : exitCodes.failed;
  },
};

async function resultOf(results: AsyncIterator<StoreResult>): Promise<StoreResult> {
  const { value, done } = await results.next();
  assert(!done, 'each object that is sent has a result');
  return value;
}

const rowOf = ({ result, status, file, code, comment }: Line): readonly string[] => [
  result,
  status ?? '',
  file,
  [code, comment].filter(Boolean).join(': '),
];

function lineOf({ file, object: { sopInstanceUid } }: ReadableFile, result: StoreResult): Line {
  if ('error' in result) {
    const { code, detail } = result.error;
    return { file, sopInstanceUid, result: 'failed', code, comment: detail };
  }
  const { status, comment } = result;
  const kind = statusClass(status);
  return {
    file,
    sopInstanceUid,
    result: kind === 'success' ? 'stored' : kind === 'warning' ? 'warning' : 'failed',
    status: statusText(status),
    ...(comment === undefined ? {} : { comment }),
  };
}

const unreadable = ({ file, refusal }: RefusedFile): Line => ({
  file,
  result: 'unreadable',
  code: refusal.code,
  comment: refusal.detail,
});
