import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The product's own source files, as the tidy tests read them. Paths are relative to the repository. */
export interface SourceFile {
  readonly path: string;
  readonly folder: string;
  readonly text: string;
  readonly lines: readonly string[];
  /** Module specifiers of all imports and re-exports; `typeOnly` when nothing of it remains at run time. */
  readonly imports: readonly { readonly specifier: string; readonly typeOnly: boolean }[];
}

export const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
export const productFolders = [
  'core',
  'formats',
  'connectors',
  'mappings',
  'pipelines',
  'inference',
  'ledger-bridge',
  'platform',
  'server',
  'config',
] as const;

const importPattern = /(?:^|\n)\s*(?:import|export)\s+(type\s+)?(?:[^'";]*?\sfrom\s+)?'([^']+)'/g;
const dynamicPattern = /import\(\s*'([^']+)'/g;

export function readSources(folders: readonly string[] = productFolders): readonly SourceFile[] {
  return folders.flatMap((folder) => walk(join(root, folder)).map((path) => read(path)));
}

function walk(folder: string): string[] {
  let entries: import('node:fs').Dirent[];
  try {
    entries = readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
  return entries.flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return walk(path);
    return entry.name.endsWith('.ts') ? [path] : [];
  });
}

function read(path: string): SourceFile {
  const text = readFileSync(path, 'utf8');
  const name = relative(root, path);
  const imports = [...text.matchAll(importPattern)].map((match) => ({
    specifier: match[2] as string,
    typeOnly: match[1] !== undefined,
  }));
  const dynamic = [...text.matchAll(dynamicPattern)].map((match) => ({
    specifier: match[1] as string,
    typeOnly: false,
  }));
  return {
    path: name,
    folder: name.split('/')[0] as string,
    text,
    lines: text.split('\n'),
    imports: [...imports, ...dynamic],
  };
}

/** Where a relative specifier points, relative to the repository; the specifier itself for packages. */
export function resolve(file: SourceFile, specifier: string): string {
  return specifier.startsWith('.') ? join(dirname(file.path), specifier) : specifier;
}
