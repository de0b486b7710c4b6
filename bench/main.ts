import { writeFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import type { BenchRow } from './row.ts';

/**
 * `npm run bench [-- NAME ...] [--write]`: prints the tables of docs/benchmarks.md; `--write` puts them there. Every row has its peer
 * from the same run, so that the ratio can be trusted where the figure cannot.
 */
const suites: Readonly<Record<string, () => Promise<{ run: () => Promise<readonly BenchRow[]> }>>> = {
  accept: () => import('./accept/accept.ts'),
  parser: () => import('./hl7v2-parser.ts'),
  mapping: () => import('./mapping.ts'),
  dicom: () => import('./dicom-header.ts'),
  stow: () => import('./stow.ts'),
  imaging: () => import('./imaging.ts'),
  inference: () => import('./inference.ts'),
  report: () => import('./study-to-report.ts'),
  stored: () => import('./accept/stored.ts'),
};

const args = process.argv.slice(2);
const chosen = args.filter((arg) => !arg.startsWith('--'));
const lines = [
  '# Benchmarks',
  '',
  `Printed by \`npm run bench -- --write\` on ${new Date().toISOString().slice(0, 10)}: Node ${process.version}, ${availableParallelism()} of ${cpus()[0]?.model ?? 'unknown'}. Medians.`,
  'The ratio is ours to the peer of the same run; rates want it high, times and sizes low.',
  '',
  '| what | ours | unit | peer | peer | ratio | target |',
  '|---|---:|---|---|---:|---:|---|',
];
for (const [name, load] of Object.entries(suites)) {
  if (chosen.length > 0 && !chosen.includes(name)) continue;
  const { run } = await load();
  for (const row of await run()) lines.push(lineOf(row));
}
process.stdout.write(`${lines.join('\n')}\n`);
if (args.includes('--write'))
  writeFileSync(new URL('../../docs/benchmarks.md', import.meta.url), `${lines.join('\n')}\n`);
process.exit(0);

function lineOf({ name, value, unit, peer, peerValue, ratio, target }: BenchRow): string {
  return `| ${name} | ${figure(value)} | ${unit} | ${peer} | ${figure(peerValue)} | ${ratio.toFixed(2)} | ${target ?? ''} |`;
}

function figure(value: number): string {
  if (!Number.isFinite(value)) return '-';
  return value >= 100 ? Math.round(value).toLocaleString('en') : value.toPrecision(3);
}
