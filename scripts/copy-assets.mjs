// Copies what the compiler does not: data files that the code loads at run time, from the source tree to dist/. One that is not in the source
// any more goes: folders are read whole, so a row file of another day would be loaded with the rest.
import { cpSync, existsSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, extname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

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

function dropStale(folder) {
  for (const name of readdirSync(join(root, 'dist', folder))) {
    const path = join(folder, name);
    if (statSync(join(root, 'dist', path)).isDirectory()) dropStale(path);
    else if (kinds.has(extname(name)) && !existsSync(join(root, path))) rmSync(join(root, 'dist', path));
  }
}

for (const folder of folders) if (existsSync(join(root, 'dist', folder))) dropStale(folder);
for (const folder of folders) if (existsSync(join(root, folder))) copyFrom(folder);

// The rows of the map as their schemas give them, so that a process that starts need not read YAML. They name the hash of the files that they are of.
const compiled = (path) => import(pathToFileURL(join(root, 'dist', path)).href);
const { ownMapFiles, parsedRowsPath } = await compiled('mappings/hl7v2/own-map.js');
const { parseRows } = await compiled('mappings/hl7v2/compiler/parsed-rows.js');
writeFileSync(parsedRowsPath, JSON.stringify(parseRows(ownMapFiles())));
