import type { Outcome } from './convert-file.ts';

const shownFailures = 20;
const shownPaths = 25;

/** Totals per message type, what failed, and what no row takes, as text. */
export function reportOf(outcomes: readonly Outcome[]): string {
  const byType = new Map<string, Outcome[]>();
  for (const one of outcomes) byType.set(one.type, [...(byType.get(one.type) ?? []), one]);
  const rows = [...byType].sort(([a], [b]) => (a < b ? -1 : 1)).map(([type, own]) => totalsOf(type, own));
  return [
    ...table([head, ...rows, totalsOf('all', outcomes)]),
    '',
    ...failuresOf(outcomes),
    ...residueOf(outcomes),
    '',
  ].join('\n');
}

export const hasFailed = (one: Outcome): boolean =>
  one.exception !== undefined || one.faults.length > 0 || !one.isRepeatable;

const head = [
  'type',
  'messages',
  'bundles',
  'exceptions',
  'structural',
  'not repeatable',
  'map errors',
  'residue',
];

function totalsOf(type: string, own: readonly Outcome[]): readonly string[] {
  const sum = (count: (one: Outcome) => number): string =>
    String(own.reduce((total, one) => total + count(one), 0));
  return [
    type,
    String(own.length),
    sum((one) => one.bundles),
    sum((one) => (one.exception === undefined ? 0 : 1)),
    sum((one) => one.faults.length),
    sum((one) => (one.isRepeatable ? 0 : 1)),
    sum((one) => one.errors.length),
    sum((one) => one.residue.length),
  ];
}

function failuresOf(outcomes: readonly Outcome[]): readonly string[] {
  const failures = outcomes.filter(hasFailed);
  const lines = failures.slice(0, shownFailures).map((one) => {
    const whys = [
      one.exception,
      ...one.faults.slice(0, 3),
      one.isRepeatable ? undefined : 'the second run differs',
    ];
    return `  ${one.file} (${one.type}): ${whys.filter((why) => why !== undefined).join('; ')}`;
  });
  return failures.length === 0 ? [] : [`failed: ${failures.length}`, ...lines, ''];
}

function residueOf(outcomes: readonly Outcome[]): readonly string[] {
  const counts = new Map<string, number>();
  for (const path of outcomes.flatMap((one) => one.residue)) counts.set(path, (counts.get(path) ?? 0) + 1);
  const most = [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).slice(0, shownPaths);
  return [
    `not carried (residue): ${counts.size} paths`,
    ...most.map(([path, count]) => `  ${path} ${count}`),
  ];
}

function table(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = head.map((_, at) => Math.max(...rows.map((row) => row[at]!.length)));
  return rows.map((row) =>
    row.map((cell, at) => (at === 0 ? cell.padEnd(widths[at]!) : cell.padStart(widths[at]!))).join('  '),
  );
}
