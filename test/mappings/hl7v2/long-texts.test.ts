import { expect, test } from '@jest/globals';
import { stringCharsMax, validate } from '../../../formats/fhir/index.ts';
import type { FhirObject } from '../../../mappings/index.ts';
import { convert, entriesOf, header, resourceOf, resourcesOf } from '../site.ts';

const pid = 'PID|1||1001^^^HOSP^MR||Muster^Max';
const order = 'OBR|1|P1|F1|C1^Test^L';
const told = (text: string) => convert(header('ORU^R01'), pid, order, `OBX|1|TX|O1^Report^L||${text}||||||F`);

test('a text over 1 MB is cut with a word, and stands whole in a document that names the resource', () => {
  const text = `Bericht ü ${'0123456789'.repeat(120_000)} Ende`;
  const conversion = told(text);
  expect(validate(conversion.bundle).filter(({ severity }) => severity === 'error')).toEqual([]);
  const { valueString } = resourceOf(conversion, 'Observation');
  expect(String(valueString).length).toBeLessThanOrEqual(stringCharsMax);
  expect(valueString).toMatch(
    /^Bericht ü 0123[\s\S]*\n\[cut: 1200015 characters, whole in a DocumentReference\]$/,
  );
  const document = resourceOf(conversion, 'DocumentReference');
  const [content] = document.content as { readonly attachment: FhirObject }[];
  expect(Buffer.from(String(content?.attachment.data), 'base64').toString()).toBe(text);
  expect(document).toMatchObject({
    subject: { reference: entriesOf(conversion, 'Patient')[0]?.fullUrl },
    context: { related: [{ reference: entriesOf(conversion, 'Observation')[0]?.fullUrl }] },
  });
  expect(conversion.issues).toContainEqual(
    expect.objectContaining({ severity: 'warning', code: 'too-long' }),
  );
  expect(conversion.residue).toEqual([]);
  expect(told(text).bundle).toEqual(conversion.bundle);
});

test('a text of 1 MB stays where it is', () => {
  const conversion = told('x'.repeat(stringCharsMax));
  expect(resourcesOf(conversion, 'DocumentReference')).toEqual([]);
  expect(validate(conversion.bundle).filter(({ severity }) => severity === 'error')).toEqual([]);
});
