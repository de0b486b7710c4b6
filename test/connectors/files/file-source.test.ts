import { existsSync } from 'node:fs';
import { appendFile, rename, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { fhirIntake } from '../../../connectors/files/index.ts';
import { BitHiveError } from '../../../core/errors.ts';
import { until } from '../../until.ts';
import { adt } from '../hl7v2/listener.ts';
import { systemClock } from '../hl7v2/ports.ts';
import { type Watched, watch } from './folder.ts';

let watched: Watched;

beforeEach(async () => {
  watched = await watch();
});
afterEach(() => watched.remove());

const bytesOf = (at: number): Uint8Array => {
  const body = watched.arrivals[at]?.body;
  return body?.kind === 'inline' ? body.bytes : new Uint8Array(0);
};
const eventually = (place: 'done' | 'error', ...names: string[]) =>
  until(async () => {
    const found = await watched.in(place);
    return names.every((name) => found.includes(name));
  });

describe('what is taken', () => {
  test('a file with one message: accepted with its bytes as they came, then in done/', async () => {
    const latin1 = Buffer.from(adt('C1').replace('Doe', 'D\xf6e'), 'latin1');
    await watched.start();
    await watched.drop('a.hl7', latin1);
    await eventually('done', 'a.hl7');
    expect(Buffer.from(bytesOf(0))).toEqual(latin1);
    expect(watched.arrivals[0]?.facts).toEqual({ file: 'a.hl7' });
    expect(watched.arrivals).toHaveLength(1);
    expect(await watched.in('')).toEqual([]);
    expect(await watched.in('work')).toEqual([]);
  });

  test('files are taken in the order of their names', async () => {
    for (const name of ['b.hl7', 'a.hl7', 'c.hl7']) await watched.drop(name, adt(name));
    await watched.start();
    await eventually('done', 'a.hl7', 'b.hl7', 'c.hl7');
    expect(watched.arrivals.map(({ facts }) => facts?.file)).toEqual(['a.hl7', 'b.hl7', 'c.hl7']);
  });

  test('a batch is kept whole, its messages are its children', async () => {
    const text = `FHS|^~\\&|HIS|H\rBHS|^~\\&|HIS|H\r${adt('C1')}${adt('C2')}BTS|2\rFTS|1\r`;
    await watched.start();
    await watched.drop('lot.hl7', text);
    await eventually('done', 'lot.hl7');
    expect(watched.arrivals.map(({ kind, parent }) => [kind, parent])).toEqual([
      ['batch', undefined],
      ['hl7v2', 1],
      ['hl7v2', 1],
    ]);
    expect(Buffer.from(bytesOf(0)).toString()).toBe(text);
    expect(Buffer.from(bytesOf(2)).toString()).toBe(adt('C2'));
  });

  test('a batch larger than memory may hold streams through the blob store', async () => {
    const ids = Array.from({ length: 4_000 }, (_, at) => `N${at}`);
    await watched.start();
    await watched.drop('large.hl7', ids.map((id) => adt(id)).join(''));
    await eventually('done', 'large.hl7');
    expect(watched.arrivals[0]?.body.kind).toBe('blob');
    expect(watched.arrivals).toHaveLength(4_001);
  });

  test('hidden, unfinished and other names stay; so do links', async () => {
    await watched.start({ pattern: /\.hl7$/ });
    for (const name of ['.a.hl7', 'a.hl7.tmp', 'a.hl7.filepart', 'a.txt'])
      await watched.drop(name, adt(name));
    await symlink('/etc/hostname', join(watched.folder, 'link.hl7'));
    await watched.drop('z.hl7', adt('Z'));
    await eventually('done', 'z.hl7');
    expect(watched.arrivals).toHaveLength(1);
    expect(await watched.in('')).toEqual(['.a.hl7', 'a.hl7.filepart', 'a.hl7.tmp', 'a.txt']);
  });

  test('a file that grows is left until it is whole', async () => {
    await watched.start({ stableMs: 150 });
    const path = join(watched.folder, 'slow.hl7');
    const text = adt('C1');
    await writeFile(path, '');
    for (let at = 0; at < text.length; at += 20) {
      await appendFile(path, text.slice(at, at + 20));
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await eventually('done', 'slow.hl7');
    expect(Buffer.from(bytesOf(0)).toString()).toBe(text);
  });

  test('a name that was used before does not replace what is in done/', async () => {
    await watched.start();
    await watched.drop('a.hl7', adt('C1'));
    await eventually('done', 'a.hl7');
    await watched.drop('a.hl7', adt('C2'));
    await eventually('done', 'a.hl7', 'a.hl7.2');
    expect(await watched.read('done/a.hl7')).toBe(adt('C1'));
    expect(watched.arrivals).toHaveLength(2);
  });

  test('FHIR in files: valid is taken, not valid goes to error/ with the path', async () => {
    const intake = fhirIntake({ sender: 'folder', bytesMax: 1e6, clock: systemClock });
    await watched.start({ intake });
    await watched.drop('a.json', JSON.stringify({ resourceType: 'Patient', active: true }));
    await watched.drop('b.json', JSON.stringify({ resourceType: 'Patient', gender: 'robot' }));
    await watched.drop('c.json', 'no json');
    await eventually('done', 'a.json');
    await eventually('error', 'b.json', 'c.json');
    expect(JSON.parse(await watched.read('error/b.json.reason.json'))).toMatchObject({
      code: 'BH_FHIR_INVALID',
      detail: expect.stringContaining('Patient.gender'),
    });
    expect(JSON.parse(await watched.read('error/c.json.reason.json'))).toMatchObject({
      code: 'BH_FHIR_SYNTAX',
    });
  });
});

describe('what is refused', () => {
  test.each([
    ['empty', '', 'BH_FILE_EMPTY', 0],
    ['not HL7', 'hello', 'BH_HL7_NOT_HL7', 1],
    ['no control id', adt(''), 'BH_HL7_CONTROL_ID_MISSING', 1],
    ['too large', 'x'.repeat(2_000), 'BH_FILE_TOO_LARGE', 0],
  ])('%s: error/ with the reason beside it', async (_, content, code, kept) => {
    await watched.start({ bytesMax: 1_000 });
    await watched.drop('bad.hl7', content);
    await eventually('error', 'bad.hl7', 'bad.hl7.reason.json');
    const reason = JSON.parse(await watched.read('error/bad.hl7.reason.json'));
    expect(reason).toMatchObject({ file: 'bad.hl7', code });
    expect(await watched.read('error/bad.hl7')).toBe(content);
    expect(watched.arrivals).toHaveLength(kept);
    expect(await watched.in('work')).toEqual([]);
  });

  test('a batch with a refused message: the others are taken, the reason names it by its number', async () => {
    await watched.start();
    await watched.drop('lot.hl7', `BHS|^~\\&|HIS\r${adt('C1')}${adt('')}${adt('C3')}BTS|3\r`);
    await eventually('error', 'lot.hl7');
    const reason = JSON.parse(await watched.read('error/lot.hl7.reason.json'));
    expect(reason).toMatchObject({
      code: 'BH_FILE_REFUSED',
      messages: 3,
      refused: [{ message: 2, code: 'BH_HL7_CONTROL_ID_MISSING' }],
    });
    expect(watched.arrivals.filter(({ refusal }) => refusal === undefined)).toHaveLength(3);
  });
});

describe('never lost, never twice', () => {
  test('a store that cannot commit: the file waits in work/ and is taken when it can again', async () => {
    let isFull = true;
    let attempts = 0;
    watched.fails = () => {
      attempts++;
      if (isFull) throw new BitHiveError('BH_STORE_FULL', 'disk full');
    };
    await watched.start();
    await watched.drop('a.hl7', adt('C1'));
    await until(() => attempts > 2);
    expect(await watched.in('work')).toEqual(['a.hl7']);
    isFull = false;
    await eventually('done', 'a.hl7');
    expect(watched.arrivals).toHaveLength(1);
  });

  test('a batch of which the store took a part: taken again as a whole, each message once', async () => {
    let failures = 3;
    watched.fails = (arrival) => {
      if (arrival.searchKeys.some(([, value]) => value === 'C2') && failures-- > 0) {
        throw new BitHiveError('BH_STORE_BUSY', 'busy');
      }
    };
    await watched.start();
    await watched.drop('lot.hl7', `BHS|^~\\&|HIS\r${adt('C1')}${adt('C2')}${adt('C3')}BTS|3\r`);
    await eventually('done', 'lot.hl7');
    expect(watched.arrivals).toHaveLength(4);
  });

  test('a crash after the commit and before the move: taken again, known by the store', async () => {
    await watched.start();
    await watched.drop('a.hl7', adt('C1'));
    await watched.drop('lot.hl7', `BHS|^~\\&|HIS\r${adt('C2')}${adt('C3')}BTS|2\r`);
    await eventually('done', 'a.hl7', 'lot.hl7');
    await watched.stop();
    for (const name of ['a.hl7', 'lot.hl7']) {
      await rename(join(watched.folder, 'done', name), join(watched.folder, 'work', name));
    }
    await watched.start();
    await eventually('done', 'a.hl7', 'lot.hl7');
    expect(watched.arrivals).toHaveLength(4);
  });
});

test('a folder that is not there is a fault of the channel file, and is not made', async () => {
  const folder = join(watched.folder, 'mistyped');
  await expect(watched.start({ folder })).rejects.toMatchObject({ code: 'BH_FILE_IO' });
  expect(existsSync(folder)).toBe(false);
});
