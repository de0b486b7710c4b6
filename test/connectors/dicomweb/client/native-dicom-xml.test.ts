import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readNativeDicomXml } from '../../../../connectors/dicomweb/client/native-dicom-xml-reader.ts';
import { type DicomJson, sequence, uid, unsignedShort } from '../../../../connectors/dicomweb/dicom-json.ts';
import { nativeDicomXml } from '../../../../connectors/dicomweb/native-dicom-xml.ts';
import { BitHiveError } from '../../../../core/errors.ts';

test('what our server writes is read again', () => {
  const item = fc
    .tuple(fc.string({ unit: 'binary', maxLength: 20 }), fc.integer({ min: 0, max: 0xffff }))
    .map(([text, reason]): DicomJson => ({ '00081155': uid(text), '00081197': unsignedShort(reason) }));
  fc.assert(
    fc.property(fc.array(item, { maxLength: 5 }), (items) => {
      const read = readNativeDicomXml(nativeDicomXml({ '00081198': sequence(items) }));
      const wanted = items.map((one) => ({
        '00081155': String(one['00081155']?.Value?.[0]).replaceAll(
          /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g,
          '\ufffd',
        ),
        '00081197': String(one['00081197']?.Value?.[0]),
      }));
      const given = (read['00081198']?.Value ?? []).map((one) =>
        typeof one === 'string'
          ? one
          : { '00081155': one['00081155']?.Value[0], '00081197': one['00081197']?.Value[0] },
      );
      expect(given).toEqual(wanted);
    }),
  );
});

test('anything else is read or refused with a code', () => {
  const pieces = fc.constantFrom(
    '<Item>',
    '</Item>',
    '<DicomAttribute tag="00081198" vr="SQ">',
    '</DicomAttribute>',
  );
  const piece = fc.oneof(
    pieces,
    fc.constantFrom('<Value>', '</Value>', '<!--', '<?', '>', '&amp;', '<x/>'),
    fc.string(),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 30 }), (texts) => {
      try {
        readNativeDicomXml(texts.join(''));
      } catch (error) {
        expect(error).toBeInstanceOf(BitHiveError);
      }
    }),
    { numRuns: 1_000 },
  );
});

test.each([
  ['comments that do not end', '<!--'.repeat(1_000_000)],
  ['instructions that do not end', '<?'.repeat(1_000_000)],
  ['a name that does not end', `<${'a'.repeat(4_000_000)}`],
  ['items without end', '<DicomAttribute tag="00081198" vr="SQ"><Item>'.repeat(100_000)],
  ['a document type', '<!DOCTYPE x [<!ENTITY a "b">]><x/>'],
])('%s: refused at once', (_name, text) => {
  // Quadratic work on these would not come to an end within the time of a test.
  expect(() => readNativeDicomXml(text)).toThrow(BitHiveError);
});
