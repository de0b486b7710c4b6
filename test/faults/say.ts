/** Prints a table of counts under a title. */
export function printCounts(title: string, rows: readonly (readonly [string, number | string])[]): void {
  process.stdout.write(`${title}\n`);
  for (const [name, count] of rows) process.stdout.write(`  ${name.padEnd(44)} ${count}\n`);
}

/** Ends the program as passed, with the reason why it could not run. */
export function skip(why: string): never {
  process.stdout.write(`skipped: ${why}\n`);
  process.exit(0);
}
