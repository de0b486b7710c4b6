import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseMessage } from '../../../formats/hl7v2/index.ts';
import { EditableMessage } from '../../../mappings/hl7v2-to-hl7v2/editable-message.ts';
import { compileHl7ToHl7Map } from '../../../mappings/hl7v2-to-hl7v2/load.ts';

const samples = join(import.meta.dirname, '../../../../shared/data/hl7v2-samples');
const hasShared = existsSync(samples);
const setMap = compileHl7ToHl7Map('set.yaml', 'map: set\nrows:\n- { id: MSH-5, set: RECEIVER }', () => '');

const charsets = [
  '',
  'UNICODE UTF-8',
  '8859/1',
  'GB 18030',
  'BIG-5',
  'ISO IR14',
  '~ISO IR87',
  'KS X 1001',
  'ASCII',
];
const message = fc
  .record({
    charset: fc.constantFrom(...charsets),
    end: fc.constantFrom('\r', '\n', '\r\n'),
    lines: fc.array(fc.uint8Array({ maxLength: 60 }), { maxLength: 6 }),
  })
  .map(({ charset, end, lines }) => {
    const head = `MSH|^~\\&|A|B|C|D|20260101||ADT^A01|1|P|2.5||||||${charset}`;
    return Buffer.concat([head, ...lines].flatMap((line) => [Buffer.from(line), Buffer.from(end)]));
  });

test('any bytes in any character set come back as they came', () => {
  fc.assert(
    fc.property(message, (bytes) => {
      const parsed = parseMessage(bytes);
      expect(Buffer.from(new EditableMessage(parsed).print())).toEqual(Buffer.from(parsed.print()));
    }),
  );
});

test('one field set changes that field and nothing else', () => {
  fc.assert(
    fc.property(message, (bytes) => {
      const made = Buffer.from(setMap.edit(parseMessage(bytes)).bytes).toString('latin1');
      expect(made).toBe(bytes.toString('latin1').replace('|C|', '|RECEIVER|'));
    }),
  );
});

(hasShared ? test : test.skip)(
  'every sample comes back as it came, and with MSH-5 only that is changed',
  () => {
    const files = readdirSync(samples, { recursive: true, encoding: 'utf8' }).filter((name) =>
      name.endsWith('.hl7'),
    );
    expect(files.length).toBeGreaterThan(100);
    for (const name of files) {
      const parsed = parseMessage(readFileSync(join(samples, name)));
      expect(Buffer.from(new EditableMessage(parsed).print()).equals(Buffer.from(parsed.print()))).toBe(true);
      const before = Buffer.from(parsed.print())
        .toString('latin1')
        .split(/\r\n|\r|\n/);
      const after = Buffer.from(setMap.edit(parsed).bytes)
        .toString('latin1')
        .split(/\r\n|\r|\n/);
      expect(after.slice(1)).toEqual(before.slice(1));
    }
  },
);
