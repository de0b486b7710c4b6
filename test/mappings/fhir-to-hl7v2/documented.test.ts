import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { loadFhirToHl7Map } from '../../../mappings/fhir-to-hl7v2/load.ts';
import { outboundSettingsSchema } from '../../../mappings/fhir-to-hl7v2/settings.ts';
import { parseWithDigits } from '../../../mappings/fhir-to-hl7v2/values/digits.ts';
import { site } from '../site.ts';

const page = readFileSync(join(import.meta.dirname, '../../../docs/integrating/fhir-to-hl7v2.md'), 'utf8');
const example = (name: string): string => {
  const found = new RegExp(`<!-- example: ${name} -->\n\`\`\`[a-z]*\n([^]*?)\`\`\``).exec(page)?.[1];
  if (found === undefined) throw new RangeError(`the page has no example ${name}`);
  return found;
};

test('the example of the page gives what the page shows', () => {
  const settings = outboundSettingsSchema.parse({ sendingFacility: 'HOSP', receivingApplication: 'RIS' });
  const map = loadFhirToHl7Map({ site: { ...site, assigners: { HOSP: 'https://hosp.example/mrn' } } });
  const context = { receivedAtMs: 0, controlId: '4711' };
  const { messages } = map.convert(parseWithDigits(example('body')), settings, context);
  expect(Buffer.from(messages[0]!.bytes).toString().replaceAll('\r', '\n')).toBe(example('message'));
});
