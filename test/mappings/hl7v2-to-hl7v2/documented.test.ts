import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { parseMessage } from '../../../formats/hl7v2/index.ts';
import { compileHl7ToHl7Map } from '../../../mappings/hl7v2-to-hl7v2/load.ts';

const page = readFileSync(join(import.meta.dirname, '../../../docs/integrating/hl7v2-to-hl7v2.md'), 'utf8');
const example = (name: string): string => {
  const found = new RegExp(`<!-- example: ${name} -->\n\`\`\`[a-z]*\n([^]*?)\`\`\``).exec(page)?.[1];
  if (found === undefined) throw new RangeError(`the page has no example ${name}`);
  return found;
};

test('the example of the page gives what the page shows', () => {
  const map = compileHl7ToHl7Map('maps/ris.yaml', example('map'), () => '');
  const { bytes, changes } = map.edit(parseMessage(Buffer.from(example('before').replaceAll('\n', '\r'))));
  const shown = changes.map((change) => `  ${JSON.stringify(change)}`).join(',\n');
  expect(Buffer.from(bytes).toString().replaceAll('\r', '\n')).toBe(example('after'));
  expect(`[\n${shown}\n]\n`).toBe(example('changes'));
});
