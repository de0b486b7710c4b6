import { beforeEach, describe, expect, test } from '@jest/globals';
import { SyncOrder } from './sync-order.ts';
import { TraceCalls } from './trace-calls.ts';

const hash = 'ab12'.padEnd(64, '7');
const uid = '1.2.3.4';
const log = '28</d/bithive.db-wal>';
const body = `19</d/blobs/tmp/x>`;
const place = `/d/blobs/${hash.slice(0, 2)}/${hash.slice(2, 4)}`;

/** A page of the log: its header, with the size of the database when it ends a transaction, and its content. */
const frame = (content: string, isLast: boolean, offset = 32) => [
  `7 pwrite64(${log}, "\\0\\0\\0#\\0\\0\\0${isLast ? '$' : '\\0'}\\254\\306", 24, ${offset}) = 24`,
  `7 pwrite64(${log}, "\\n\\0\\0${content}\\0", 4096, ${offset + 24}) = 4096`,
];
const sync = (file = log, result = '0') => `7 fsync(${file}) = ${result}`;
const ack = (id: string) => `5 write(30<socket:[77]>, "\\vMSH|^~\\\\&|A\\rMSA|AA|${id}\\r\\34\\r", 99) = 99`;
const bodyInPlace = [
  `6 openat(AT_FDCWD</w>, "/d/blobs/tmp/x", O_WRONLY|O_CREAT|O_EXCL, 0600) = 19${'</d/blobs/tmp/x>'}`,
  `6 write(${body}, "DICM", 4) = 4`,
  sync(body),
  `6 mkdir("${place}", 0700) = 0`,
  sync(`20</d/blobs/${hash.slice(0, 2)}>`),
  `6 rename("/d/blobs/tmp/x", "${place}/${hash}") = 0`,
  sync(`20<${place}>`),
];
const answer = `5 writev(31<socket:[78]>, [{iov_base="HTTP/1.1 200 OK\\r\\n", iov_len=17}, {iov_base="{\\"${uid}\\"", iov_len=9}], 2) = 26`;
const stow = [...bodyInPlace, ...frame(`\\0${hash}`, true), sync(), answer];

let order: SyncOrder;
let calls: TraceCalls;
const judge = (lines: readonly string[]): readonly string[] => {
  for (const line of lines) calls.line(line);
  return order.violations;
};

beforeEach(() => {
  order = new SyncOrder({
    folder: '/d',
    controlId: /SYNC\d{4}/g,
    instanceUid: /1\.2\.3\.\d+/g,
    hashOf: (given) => (given === uid ? hash : undefined),
    isSentHash: (given) => given === hash,
  });
  calls = new TraceCalls([order]);
});

describe('acknowledgements in a trace', () => {
  test('an AA after the sync of its group is in order', () => {
    expect(judge([...frame('MSH|SYNC0001|P', true), sync(), ack('SYNC0001')])).toEqual([]);
    expect(order.acknowledged).toBe(1);
  });

  test.each<[string, readonly string[]]>([
    ['without a sync', frame('SYNC0001', true)],
    ['without its message in the log', [sync()]],
    [
      'after a sync that failed',
      [...frame('SYNC0001', true), sync(log, '-1 EIO (Input/output error) (INJECTED)')],
    ],
    ['after a sync that failed and one that lies', [...frame('SYNC0001', true), sync(log, '-1 EIO'), sync()]],
    ['after a sync of another file', [...frame('SYNC0001', true), sync('27</d/bithive.db>')]],
    ['before the last page of its transaction', [...frame('SYNC0001', false), sync()]],
    [
      'after a sync that began before the write',
      [`8 fsync(${log} <unfinished ...>`, ...frame('SYNC0001', true), '8 <... fsync resumed>) = 0'],
    ],
    ['while the sync is under way', [...frame('SYNC0001', true), `8 fsync(${log} <unfinished ...>`]],
  ])('an AA %s is a violation', (_, before) => {
    expect(judge([...before, ack('SYNC0001')])).toEqual(['AA of SYNC0001 before the sync of its group']);
  });

  test('a later group may rewrite the page before the answer leaves', () => {
    expect(
      judge([...frame('SYNC0001', true), sync(), ...frame('SYNC0001 SYNC0002', true, 4152), ack('SYNC0001')]),
    ).toEqual([]);
    expect(judge([ack('SYNC0002')])).toHaveLength(1);
  });

  test('a sync in two lines counts from its return', () => {
    expect(
      judge([
        ...frame('SYNC0001', true),
        `8 fsync(${log} <unfinished ...>`,
        '8 <... fsync resumed>) = 0',
        ack('SYNC0001'),
      ]),
    ).toEqual([]);
  });

  test('a log or a data folder whose name is not durable is a violation', () => {
    const made = `7 openat(AT_FDCWD</w>, "/d/bithive.db-wal", O_RDWR|O_CREAT, 0644) = 28${'</d/bithive.db-wal>'}`;
    const group = [...frame('SYNC0001', true), sync()];
    expect(judge(['7 mkdir("/d", 0700) = 0', made, ...group, ack('SYNC0001')])).toEqual([
      'AA of SYNC0001: the folder of /d/bithive.db-wal is not synced',
      'AA of SYNC0001: the folder of /d is not synced',
    ]);
    expect(judge([sync('9</d>'), sync('9</>'), ack('SYNC0001')])).toHaveLength(2);
  });

  test('a log that starts anew over a database that was not synced is a violation', () => {
    const header = `7 pwrite64(${log}, "7\\177\\6\\202", 32, 0) = 32`;
    const page = '7 pwrite64(27</d/bithive.db>, "x", 4096, 0) = 4096';
    expect(judge([page, sync('27</d/bithive.db>'), header])).toEqual([]);
    expect(judge([page, header])).toEqual(['the log starts anew before the database was synced']);
  });
});

describe('bodies in a trace', () => {
  test('a body that is synced, named and its folders synced before its row is in order', () => {
    expect(judge(stow)).toEqual([]);
    expect(order.answeredInstances).toBe(1);
  });

  test.each<[string, number, string]>([
    ['its bytes are not synced', 2, `row of body before body: ${place}/${hash} is not synced`],
    [
      'the parent of its folder is not synced',
      4,
      `row of body before body: the folder of ${place} is not synced`,
    ],
    ['its folder is not synced', 6, `row of body before body: the folder of ${place}/${hash} is not synced`],
    ['its row is not synced', 9, `answer of ${uid} before the sync of its row`],
    ['its row was never written', 8, `answer of ${uid} before the sync of its row`],
  ])('%s: a violation', (_, without, violation) => {
    expect(judge(stow.filter((__, at) => at !== without))).toEqual([violation]);
  });

  test('a body that is linked first and synced together with its folder is in order', () => {
    const [open = '', write = '', ...rest] = bodyInPlace;
    const linked = `6 link("/d/blobs/tmp/x", "${place}/${hash}") = 0`;
    const both = [`6 fsync(${body} <unfinished ...>`, sync(`20<${place}>`), '6 <... fsync resumed>) = 0'];
    const folder = rest.slice(1, 3);
    const row = [...frame(`\\0${hash}`, true), sync(), answer];
    expect(judge([open, write, ...folder, linked, ...both, ...row])).toEqual([]);
    expect(order.answeredInstances).toBe(1);
  });

  test('a body that is linked and whose sync is under way is a violation', () => {
    const [open = '', write = '', ...rest] = bodyInPlace;
    const linked = `6 link("/d/blobs/tmp/x", "${place}/${hash}") = 0`;
    const begun = [linked, `6 fsync(${body} <unfinished ...>`, sync(`20<${place}>`)];
    expect(judge([open, write, ...rest.slice(1, 3), ...begun, ...frame(`\\0${hash}`, true)])).toEqual([
      `row of body before body: ${place}/${hash} is not synced`,
    ]);
  });

  test('a body that is written under its own name is in order once file and folder are synced', () => {
    const own = `${place}/${hash}`;
    const opened = `6 openat(AT_FDCWD</w>, "${own}", O_WRONLY|O_CREAT|O_EXCL|O_DIRECT|O_CLOEXEC, 0600) = 22<${own}>`;
    const written = `6 pwrite64(22<${own}>, "x", 4096, 0) = 4096`;
    const folders = bodyInPlace.slice(3, 5);
    const row = [...frame(`\\0${hash}`, true), sync(), answer];
    expect(judge([...folders, opened, written, ...row])).toEqual([
      `row of body before body: ${own} is not synced`,
      `row of body before body: the folder of ${own} is not synced`,
    ]);
    expect(judge([sync(`22<${own}>`), sync(`20<${place}>`), ...row])).toHaveLength(2);
    expect(order.answeredInstances).toBe(2);
  });

  test('a row whose body has no name is a violation', () => {
    expect(judge(frame(`\\0${hash}`, true))).toEqual([`row of ${hash} before its body has a name`]);
  });

  test('a body that is written again after its sync is a violation', () => {
    const again = stow.toSpliced(3, 0, `6 write(${body}, "x", 1) = 1`);
    expect(judge(again)).toEqual([`row of body before body: ${place}/${hash} is not synced`]);
  });
});
