import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { searchKeysOf } from '../../../connectors/hl7v2/search-keys.ts';
import { parseMessage } from '../../../formats/hl7v2/index.ts';

const text = fc.string({
  maxLength: 6,
  unit: fc.constantFrom('7', 'A', '^', '&', '~', '\\T\\', '\\', '"', '""', ' '),
});
const segment = fc
  .tuple(
    fc.constantFrom('PID', 'MRG', 'PV1', 'ORC', 'OBR', 'IPC', 'ZDS', 'OBX', 'PIDX'),
    fc.array(text, { maxLength: 22 }),
  )
  .map(([name, fields]) => [name, ...fields].join('|'));

test('fields that are scanned for give what reading them gives', () => {
  fc.assert(
    fc.property(fc.array(segment, { maxLength: 6 }), (segments) => {
      const lines = ['MSH|^~\\&|A|B|C|D|||ADT^A04|C1|P|2.5.1', ...segments].join('\r');
      // A declared fifth character makes the separators other than the standard ones, and every field is read by its segment then.
      const read = lines.replace('MSH|^~\\&|', 'MSH|^~\\&#|');
      expect(searchKeysOf(parseMessage(Buffer.from(lines)))).toEqual(
        searchKeysOf(parseMessage(Buffer.from(read))),
      );
    }),
    { numRuns: 500 },
  );
});
