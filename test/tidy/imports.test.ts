import { describe, expect, test } from '@jest/globals';
import { readSources, resolve } from './sources.ts';

/** Who may import whom (ARCHITECTURE: the folders). A folder may always import itself. */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  core: [],
  formats: ['core'],
  connectors: ['core', 'formats'],
  mappings: ['core', 'formats'],
  pipelines: ['core', 'formats', 'mappings'],
  inference: ['core', 'formats'],
  'ledger-bridge': ['core', 'formats'],
  platform: ['core'],
  config: ['core'],
  server: [
    'core',
    'formats',
    'connectors',
    'mappings',
    'pipelines',
    'inference',
    'ledger-bridge',
    'platform',
    'config',
  ],
};

/** Packages that are named in one place only, so that they can be replaced in one place. */
const onlyIn: Readonly<Record<string, string>> = {
  knex: 'platform/',
  pg: 'platform/',
  '@photostructure/sqlite': 'platform/',
  'node:sqlite': 'platform/',
  pino: 'platform/',
  'prom-client': 'platform/',
  'onnxruntime-node': 'inference/runtimes/',
  '@medplum/fhir-router': 'server/sandbox-ehr/',
  'fhir-kit-client': 'connectors/fhir/',
  ssh2: 'connectors/files/',
};

/** The edges where time, chance, files, sockets and the process environment come in. Everything else takes them through ports. */
const edges = ['connectors/', 'platform/', 'server/'];
/** Files that read the data tables beside them, once, when they are loaded; and the worker thread's own edge. */
const readsItsOwnFiles = [
  /^formats\/\w+\/tables?\b/,
  /^formats\/(fhir|dicom)\//,
  /^mappings\//,
  /^inference\//,
  /^config\//,
];

const sources = readSources();

describe('imports', () => {
  test('there is something to check', () => {
    expect(sources.length).toBeGreaterThan(50);
  });

  test('each folder imports only what the architecture allows', () => {
    const wrong = sources.flatMap((file) =>
      file.imports
        .filter(({ specifier }) => specifier.startsWith('.'))
        .map(({ specifier }) => resolve(file, specifier).split('/')[0] as string)
        .filter((folder) => folder !== file.folder && !mayImport[file.folder]?.includes(folder))
        .map((folder) => `${file.path} imports ${folder}/`),
    );
    expect(wrong).toEqual([]);
  });

  test('core depends on nothing but zod', () => {
    const wrong = sources
      .filter((file) => file.folder === 'core')
      .flatMap((file) =>
        file.imports.filter(({ specifier }) => !specifier.startsWith('.') && specifier !== 'zod'),
      );
    expect(wrong).toEqual([]);
  });

  test.each(Object.entries(onlyIn))('%s is named only in %s', (name, place) => {
    const wrong = sources
      .filter((file) => !file.path.startsWith(place))
      .filter((file) =>
        file.imports.some(({ specifier }) => specifier === name || specifier.startsWith(`${name}/`)),
      )
      .map((file) => file.path);
    expect(wrong).toEqual([]);
  });

  test('files and sockets enter only at the edges', () => {
    const io = /^node:(fs|fs\/promises|net|tls|http|https|child_process|worker_threads|dgram)$/;
    const wrong = sources
      .filter((file) => !edges.some((edge) => file.path.startsWith(edge)))
      .filter((file) => !readsItsOwnFiles.some((pattern) => pattern.test(file.path)))
      .filter((file) => file.imports.some(({ specifier, typeOnly }) => !typeOnly && io.test(specifier)))
      .map((file) => file.path);
    expect(wrong).toEqual([]);
  });

  test('time, chance and the environment enter only at the edges', () => {
    const direct = /\bDate\.now\(|\bnew Date\(\)|\bMath\.random\(|\bprocess\.env\b|\bperformance\.now\(/;
    const wrong = sources
      .filter((file) => !edges.some((edge) => file.path.startsWith(edge)))
      .flatMap((file) =>
        file.lines.flatMap((line, at) => (direct.test(code(line)) ? [`${file.path}:${at + 1}`] : [])),
      );
    expect(wrong).toEqual([]);
  });

  test('no circles', () => {
    const graph = new Map(
      sources.map((file) => [
        file.path,
        file.imports
          .filter(({ specifier, typeOnly }) => specifier.startsWith('.') && !typeOnly)
          .map(({ specifier }) => resolve(file, specifier)),
      ]),
    );
    expect(circles(graph)).toEqual([]);
  });
});

/** The line without what a comment says. */
const code = (line: string): string => line.replace(/^\s*(\*|\/\/|\/\*).*$/, '').replace(/\/\/.*$/, '');

function circles(graph: ReadonlyMap<string, readonly string[]>): readonly string[] {
  const found: string[] = [];
  const done = new Set<string>();
  const visit = (path: string, trail: readonly string[]): void => {
    if (trail.includes(path)) {
      found.push([...trail.slice(trail.indexOf(path)), path].join(' -> '));
      return;
    }
    if (done.has(path)) return;
    for (const next of graph.get(path) ?? []) visit(next, [...trail, path]);
    done.add(path);
  };
  for (const path of graph.keys()) visit(path, []);
  return found;
}
