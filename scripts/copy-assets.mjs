// Copies what the compiler does not: data files that the code loads at run time, from the source tree to dist/.
import { cpSync, existsSync, readdirSync, statSync } from 'node:fs';
import { dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const folders = [
  'core',
  'formats',
  'connectors',
  'mappings',
  'pipelines',
  'inference',
  'platform',
  'server',
  'config',
];
const kinds = new Set(['.json', '.yaml', '.csv', '.hl7', '.sql', '.onnx', '.html', '.css', '.gz']);

function copyFrom(folder) {
  for (const name of readdirSync(join(root, folder))) {
    const path = join(folder, name);
    if (statSync(join(root, path)).isDirectory()) copyFrom(path);
    else if (kinds.has(extname(name))) cpSync(join(root, path), join(root, 'dist', path));
  }
}

for (const folder of folders) if (existsSync(join(root, folder))) copyFrom(folder);
