import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';

/** Every file that is loaded when `entry` is: what it imports, and so on, type-only imports left out. */
function loadedBy(entry: URL, seen = new Set<string>()): Set<string> {
  const path = fileURLToPath(entry);
  if (seen.has(path)) return seen;
  seen.add(path);
  for (const [, specifier] of readFileSync(path, 'utf8').matchAll(
    /^(?:import|export) (?!type )[^;]*?from '([^']+)'/gms,
  )) {
    if (specifier!.startsWith('.')) loadedBy(new URL(specifier!, entry), seen);
    else seen.add(specifier!);
  }
  return seen;
}

// session.run() blocks the thread that calls it for as long as the model takes, promise or not. So that it never blocks the engine's
// loop, the runtime must not even be loadable from what the engine imports.
test('nothing that the engine imports can run a model', () => {
  const engine = loadedBy(new URL('../../inference/index.ts', import.meta.url));
  expect([...engine].filter((path) => /onnxruntime/.test(path))).toEqual([]);
  expect([...engine].some((path) => path.endsWith('worker-slot.ts'))).toBe(true);
});

test('the worker does load it', () => {
  const worker = loadedBy(new URL('../../inference/worker/main.ts', import.meta.url));
  expect(worker.has('onnxruntime-node')).toBe(true);
});
