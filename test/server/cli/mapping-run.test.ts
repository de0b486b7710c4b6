import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { validate } from '../../../formats/fhir/index.ts';
import { bithive, temporaryFolder } from './harness.ts';

const samples = fileURLToPath(new URL('../../../../shared/data/hl7v2-samples', import.meta.url));

const message = (controlId: string, time = '20261122080000') =>
  `MSH|^~\\&|HIS|HOSP|EHR|HOSP|${time}||ADT^A08^ADT_A01|${controlId}|P|2.5.1\rEVN|A08|20261122080000\rPID|1||4711^^^HOSP^MR||Muster^Anna||19800102|F\rZPI|1|blue\r`;

describe('bithive mapping run', () => {
  let folder: ReturnType<typeof temporaryFolder>;
  beforeEach(() => {
    folder = temporaryFolder();
    mkdirSync(join(folder.path, 'in'));
  });
  afterEach(() => folder.remove());

  const put = (name: string, text: string | Buffer) => writeFileSync(join(folder.path, 'in', name), text);
  const run = (out: string, ...more: readonly string[]) =>
    bithive(['mapping', 'run', '--in', 'in', '--out', out, ...more], { cwd: folder.path });
  const read = (name: string) => JSON.parse(readFileSync(join(folder.path, 'out', name), 'utf8'));

  test('gives the Bundle of each file, with its issues and residue, and 0', async () => {
    put('a.hl7', message('1'));
    put('note.txt', 'not a message');
    const { code, out } = await run('out');
    expect({ code, out }).toMatchObject({ code: 0, out: expect.stringContaining('1 files: 1 Bundles') });
    expect(readdirSync(join(folder.path, 'out')).sort()).toEqual(['a.issues.json', 'a.json']);
    expect(read('a.json')).toMatchObject({ resourceType: 'Bundle', timestamp: '2026-11-22T08:00:00+00:00' });
    const { outcome, residue } = read('a.issues.json');
    expect(validate(outcome)).toEqual([]);
    expect(residue).toContainEqual({ path: 'ZPI-2', value: 'blue' });
  });

  test('reads times without an offset in the zone that is asked for', async () => {
    put('a.hl7', message('1'));
    await run('out', '--zone', 'Europe/Zurich');
    expect(read('a.json').timestamp).toBe('2026-11-22T08:00:00+01:00');
  });

  test.each([
    ['a batch with headers', `FHS|^~\\&|HIS\rBHS|^~\\&|HIS\r${message('1')}${message('2')}BTS|2\rFTS|1\r`, 2],
    ['a batch of one', `BHS|^~\\&|HIS\r${message('1')}BTS|1\r`, 1],
    ['messages one after another', `${message('1')}${message('2')}${message('3')}`.replaceAll('\r', '\n'), 3],
  ])('%s gives a numbered Bundle for each message', async (_what, text, count) => {
    put('a.hl7', text);
    expect(await run('out')).toMatchObject({ code: 0 });
    const names = Array.from({ length: count }, (_, at) => [`a.${at + 1}.issues.json`, `a.${at + 1}.json`]);
    expect(readdirSync(join(folder.path, 'out')).sort()).toEqual(names.flat());
  });

  test('a batch whose trailer counts wrong has that among its issues, and all its Bundles', async () => {
    put('a.hl7', `BHS|^~\\&|HIS\r${message('1')}BTS|7\r`);
    expect(await run('out')).toMatchObject({ code: 0 });
    expect(read('a.issues.json').outcome.issue).toMatchObject([
      { severity: 'warning', details: { coding: [{ code: 'BH_HL7_BATCH_COUNT' }] } },
    ]);
    expect(read('a.1.json')).toMatchObject({ resourceType: 'Bundle' });
  });

  test('a file that is no message has its issues, no Bundle, and the others go on; ends 1', async () => {
    put('a.hl7', Buffer.from([0xff, 0xd8, 0x00]));
    put('b.hl7', message('1'));
    const { code, err } = await run('out');
    expect({ code, err }).toMatchObject({ code: 1, err: expect.stringContaining('a.hl7') });
    expect(readdirSync(join(folder.path, 'out')).sort()).toEqual([
      'a.issues.json',
      'b.issues.json',
      'b.json',
    ]);
    expect(read('a.issues.json').outcome.issue).toMatchObject([
      { severity: 'fatal', details: { coding: [{ code: 'BH_HL7_NOT_HL7' }] } },
    ]);
  });

  test('a merge stands alone in one Bundle: both patients, nothing that patches', async () => {
    put(
      'm.hl7',
      message('1')
        .replace('A08^ADT_A01', 'A40^ADT_A39')
        .replace(/ZPI.*\r/, 'MRG|0815^^^HOSP^MR\r'),
    );
    await run('out');
    const { entry } = read('m.json') as {
      entry: { resource: { resourceType: string }; request: { method: string } }[];
    };
    expect(entry.filter(({ resource }) => resource.resourceType === 'Patient')).toHaveLength(2);
    expect(entry.map(({ request }) => request.method)).not.toContain('PATCH');
  });

  test('a message without any time gives the same Bundle at any time', async () => {
    put('a.hl7', message('1', '').replace(/EVN[^\r]*\r/, ''));
    await run('out');
    expect(read('a.json').timestamp).toBe('1970-01-01T00:00:00+00:00');
  });

  test('an overlay counts', async () => {
    mkdirSync(join(folder.path, 'site/segments'), { recursive: true });
    writeFileSync(join(folder.path, 'site/segments/pid.patient.yaml'), 'drop: [PID-7]\n');
    put('a.hl7', message('1'));
    await run('out', '--overlay', 'site');
    expect(JSON.stringify(read('a.json'))).not.toContain('birthDate');
    expect(read('a.issues.json').residue).toContainEqual({ path: 'PID-7', value: '19800102' });
  });

  test.each([
    [['mapping', 'run', '--in', 'in'], 'BH_CLI_USAGE', 2],
    [['mapping', 'run', '--in', 'nowhere', '--out', 'out'], 'BH_CLI_USAGE', 2],
    [['mapping', 'run', '--in', 'in', '--out', 'out', '--zone', 'Mars'], 'BH_CONFIG_VALUE', 1],
  ])('%j is refused with %s', async (argv, said, code) => {
    expect(await bithive(argv, { cwd: folder.path })).toMatchObject({
      code,
      err: expect.stringContaining(said),
    });
  });

  (existsSync(samples) ? test : test.skip)('all samples, twice, to the same bytes', async () => {
    const twice = ['one', 'two'];
    for (const out of twice) {
      const { code } = await bithive(['mapping', 'run', '--in', samples, '--out', out], { cwd: folder.path });
      expect(code).toBe(0);
    }
    const [one = [], two = []] = twice.map((out) => readdirSync(join(folder.path, out)).sort());
    expect(one).toEqual(two);
    expect(one).toHaveLength(300);
    for (const name of one)
      expect(readFileSync(join(folder.path, 'one', name))).toEqual(
        readFileSync(join(folder.path, 'two', name)),
      );
  });
});
