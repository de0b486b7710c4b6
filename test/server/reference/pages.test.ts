import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { catalogue } from '../../../core/error-catalogue.ts';
import { referencePages } from '../../../server/reference/pages.ts';

const folder = join(import.meta.dirname, '../../../docs/reference');

const overlays = ['segments', 'types', 'messages', 'site', 'tests'].map(
  (part) => `overlay-${part}.schema.json`,
);

test.each(['config.md', 'config.schema.json', 'errors.md', 'cli.md', 'hl7v2.md', ...overlays])(
  'docs/reference/%s is what the code says (npm run reference)',
  async (name) => {
    const pages = await referencePages();
    expect(readFileSync(join(folder, name), 'utf8')).toBe(pages.get(name));
  },
);

test('every code of the catalogue is on the page', async () => {
  const page = (await referencePages()).get('errors.md') ?? '';
  for (const code of Object.keys(catalogue)) expect(page).toContain(`\`${code}\``);
});

test('the pages name no path of this machine', async () => {
  for (const [, text] of await referencePages()) expect(text).not.toContain(process.cwd());
});
