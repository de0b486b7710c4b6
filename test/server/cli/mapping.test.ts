import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import type { Store } from '../../../core/ports/index.ts';
import { admission, bithive, temporaryFolder, withStore } from './harness.ts';

const message = (controlId: string, sex: string) =>
  `MSH|^~\\&|HIS|HOSP|EHR|HOSP|20261122080000+0000||ADT^A08^ADT_A01|${controlId}|P|2.5.1\rEVN|A08|20261122080000+0000\rPID|1||${controlId}^^^HOSP^MR||Muster^Anna||19800102|${sex}\rZPI|1|blue\r`;

describe('bithive mapping', () => {
  let folder: ReturnType<typeof temporaryFolder>;
  beforeEach(() => {
    folder = temporaryFolder();
    write('site-a/segments/pid.patient.yaml', 'change:\n- { id: PID-8, table: local.gender }\n');
    write(
      'site-a/tables/local.gender.csv',
      'source,target,system,display,equivalence\nW,female,http://hl7.org/fhir/administrative-gender,Female,equivalent\n',
    );
  });
  afterEach(() => folder.remove());

  const write = (path: string, text: string) => {
    mkdirSync(join(folder.path, path, '..'), { recursive: true });
    writeFileSync(join(folder.path, path), text);
  };
  const mapping = (...argv: readonly string[]) => bithive(['mapping', ...argv], { cwd: folder.path });
  const onData = (...argv: readonly string[]) => mapping(...argv, '--data', 'data');
  const data = (use: (store: Store) => Promise<unknown>) => withStore(join(folder.path, 'data'), use);
  const keep = (...sexes: readonly string[]) =>
    data(async (store) => {
      await store.deployChannel('adt', 'channel: adt\n', 0);
      for (const [at, sex] of sexes.entries()) {
        const bytes = Buffer.from(message(`C${at}`, sex));
        await store.accept(
          admission({ channel: 'adt', kind: 'hl7v2', type: 'ADT^A08', body: { kind: 'inline', bytes } }),
        );
      }
    });

  describe('test', () => {
    test('runs the tests that come with the engine', async () => {
      const { code, out } = await mapping('test');
      expect({ code, out }).toMatchObject({ code: 0, out: expect.stringContaining(', 0 failed') });
      const shipped = fileURLToPath(new URL('../../../mappings/hl7v2/tests/', import.meta.url));
      const names = readdirSync(shipped).filter((name) => name.endsWith('.hl7'));
      expect(names.length).toBeGreaterThanOrEqual(6);
      for (const name of names) expect(out).toContain(`ok      ${name.slice(0, -4)}`);
    });

    test('runs those of an overlay on its rows; a fact that does not hold is told with its line, and ends 3', async () => {
      write('site-a/tests/word.hl7', message('C1', 'W'));
      write('site-a/tests/word.yaml', 'facts:\n  Patient.gender: female\n');
      expect(await mapping('test', 'site-a')).toMatchObject({
        code: 0,
        out: expect.stringContaining('1 tests, 0 failed'),
      });
      write(
        'site-a/tests/word.yaml',
        'resources: { Patient: 2 }\nfacts:\n  Patient.gender: male\n  Patient.name.given: [Anna]\nabsent: [Patient.birthDate]\nnoResidue: all\nresidue: [PID-3]\nissues: [PID-5]\n',
      );
      const { code, out } = await mapping('test', 'site-a');
      expect(code).toBe(3);
      const at = (line: number) => `site-a/tests/word.yaml:${line}: `;
      for (const fault of [
        `${at(1)}1 Patient; expected 2`,
        `${at(3)}Patient.gender is "female"; expected "male"`,
        `${at(5)}Patient.birthDate is "1980-01-02"; expected nothing`,
        `${at(6)}no row takes ZPI-1, ZPI-2`,
        `${at(7)}nothing of PID-3 is left over`,
        `${at(8)}no issue of PID-5`,
      ])
        expect(out).toContain(fault);
      expect(out).not.toContain('given');
    });

    test.each([
      [
        'a message without its facts',
        { 'word.hl7': message('C1', 'W') },
        'site-a/tests/word.yaml is missing',
      ],
      [
        'a fact file with a fault',
        { 'word.hl7': message('C1', 'W'), 'word.yaml': 'facts: {}\nfact: {}\n' },
        'word.yaml:2: ',
      ],
      ['no test', { 'note.txt': 'x' }, 'site-a/tests has no NAME.hl7'],
    ])('%s is refused', async (_what, files, why) => {
      for (const [name, text] of Object.entries(files)) write(`site-a/tests/${name}`, text);
      expect(await mapping('test', 'site-a')).toMatchObject({ code: 1, err: expect.stringContaining(why) });
    });
  });

  describe('explain', () => {
    test('says of a file where each element came from, and what no row takes', async () => {
      write('a.hl7', message('C1', 'W'));
      const { code, out } = await mapping('explain', 'a.hl7', '--overlay', 'site-a');
      expect(code).toBe(0);
      expect(out).toMatch(/^ {2}gender +"female" +PID-8 +PID-8 +site-a\/segments\/pid\.patient\.yaml:2$/m);
      expect(out).toMatch(
        /^ {2}name\[0\]\.family +"Muster" +PID-5\.1\.1 +XPN\.1 +types\/xpn\.humanname\.yaml:\d+$/m,
      );
      expect(out).toMatch(/^ {2}ZPI-2 +blue$/m);
    });

    test('says of a kept message the same as JSON, by the map that it is bound to, and leaves an audit event', async () => {
      await keep('W');
      const { out } = await onData('explain', '1', '--json');
      const { mapVersion, resources } = JSON.parse(out);
      expect(mapVersion).toBe(0);
      const elements = resources.flatMap((one: { elements: object[] }) => one.elements);
      expect(elements).toContainEqual(
        expect.objectContaining({ path: 'gender', value: '"unknown"', row: 'PID-8' }),
      );
      await data(async (store) => {
        expect((await store.readAudit(1, 10)).at(-1)).toMatchObject({
          operation: 'message.explain',
          entities: { id: 1 },
        });
      });
    });

    test.each([
      [['explain', '9'], 'BH_STORE_NOT_FOUND'],
      [['explain', 'nothing'], 'BH_CLI_USAGE'],
    ])('%j is refused', async (argv, code) => {
      await keep();
      expect((await onData(...argv)).err).toContain(code);
    });
  });

  describe('diff', () => {
    test('shows what another overlay makes otherwise of kept messages, by row and by element', async () => {
      await keep('W', 'F', 'W', 'M');
      const { code, out } = await onData('diff', 'site-a', '--json');
      expect(code).toBe(0);
      const diff = JSON.parse(out);
      expect(diff).toMatchObject({
        messages: 4,
        differing: 4,
        residue: { more: [], less: [] },
      });
      expect(diff.rows).toContainEqual(
        expect.objectContaining({ row: 'PID-8', file: 'overlay/segments/pid.patient.yaml:2', messages: 4 }),
      );
      expect(diff.examples.map(({ message }: { message: string }) => message)).toEqual(['4', '3', '2', '1']);
      expect(diff.examples[3].changes).toContainEqual(
        expect.objectContaining({
          kind: 'changed',
          resource: 'Patient',
          path: 'gender',
          before: 'unknown',
          after: 'female',
          row: 'PID-8',
        }),
      );
      expect((await onData('diff', 'site-a', '--json')).out).toBe(out);
    });

    test('tells fields that no row takes any more, for people too', async () => {
      await keep('W');
      write('site-b/segments/pid.patient.yaml', 'drop: [PID-7]\n');
      const { out } = await onData('diff', 'site-b');
      expect(out).toContain('1 messages, 1 with another Bundle');
      expect(out).toMatch(/No row takes any more\nPATH +MESSAGES\nPID-7 +1/);
      expect(out).toMatch(/Patient\.birthDate +"1980-01-02" +- +PID-7/);
    });

    test('an overlay that changes nothing differs in nothing', async () => {
      await keep('W', 'F');
      write('site-c/site.yaml', 'zone: UTC\n');
      const diff = JSON.parse((await onData('diff', 'site-c', '--json')).out);
      expect(diff).toMatchObject({ messages: 2, differing: 0, rows: [], examples: [] });
      expect(diff.maps.before).not.toBe(diff.maps.after);
    });

    test('reads the newest so many', async () => {
      await keep('W', 'F', 'M');
      expect(JSON.parse((await onData('diff', 'site-a', '--limit', '2', '--json')).out)).toMatchObject({
        messages: 2,
      });
      expect(await onData('diff', 'site-a', '--limit', 'x')).toMatchObject({
        code: 1,
        err: expect.stringContaining('limit'),
      });
    });
  });

  test('deploy, versions and rollback without an engine: in force from its next start', async () => {
    await keep('W');
    expect(await onData('deploy', 'site-a', '--note', 'words')).toMatchObject({
      code: 0,
      out: expect.stringContaining('no engine runs'),
    });
    expect((await onData('deploy', 'site-a')).out).toContain('nothing was done');
    expect((await onData('rollback')).out).toContain('version 2');
    const { versions } = JSON.parse((await onData('versions', '--json')).out);
    expect(versions).toMatchObject([
      { version: 2, from: 'rollback', of: 0, overlay: 'none', inForce: true },
      { version: 1, from: 'deploy', by: 'cli:tester', note: 'words' },
      { version: 0 },
    ]);
    await data(async (store) => {
      const operations = (await store.readAudit(1, 10)).map(({ operation }) => operation);
      expect(operations).toEqual(expect.arrayContaining(['mapping.deploy', 'mapping.rollback']));
    });
  });

  test('deploy tells a fault with the path under which its author knows the file', async () => {
    write('site-a/segments/pid.patient.yaml', 'drop:\n- PID-99\n');
    expect(await onData('deploy', 'site-a')).toMatchObject({
      code: 1,
      err: expect.stringContaining('site-a/segments/pid.patient.yaml:2'),
    });
  });

  test('every shipped test names the schema that editors check it with', () => {
    const shipped = fileURLToPath(new URL('../../../mappings/hl7v2/tests/', import.meta.url));
    for (const name of readdirSync(shipped).filter((one) => one.endsWith('.yaml'))) {
      const text = readFileSync(join(shipped, name), 'utf8');
      const path = /\$schema=(\S+)/.exec(text)?.[1] ?? '';
      const schema = JSON.parse(readFileSync(join(shipped, path), 'utf8')) as { properties: object };
      expect(Object.keys(schema.properties)).toEqual(expect.arrayContaining(Object.keys(parse(text))));
    }
  });
});
