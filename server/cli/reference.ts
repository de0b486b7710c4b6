import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { referencePages } from '../reference/pages.ts';

/** `npm run reference`: writes docs/reference below the working folder. Not a verb: it is for those who change the engine. */
const folder = join(process.cwd(), 'docs', 'reference');
await mkdir(folder, { recursive: true });
for (const [name, text] of await referencePages()) {
  await writeFile(join(folder, name), text);
  process.stdout.write(`docs/reference/${name}\n`);
}
