/** What the demo shows: lines with the time since its start. */
export class Screen {
  readonly #write: (text: string) => void;
  readonly #startedAtMs: number;

  constructor(write: (text: string) => void) {
    this.#write = write;
    this.#startedAtMs = performance.now();
  }

  get elapsedMs(): number {
    return performance.now() - this.#startedAtMs;
  }

  title(text: string): void {
    this.#write(`\n${text}\n`);
  }

  step(who: string, what: string): void {
    const seconds = (this.elapsedMs / 1000).toFixed(3).padStart(8);
    this.#write(`${seconds} s  ${who.padEnd(6)} ${what}\n`);
  }

  line(text: string): void {
    this.#write(`${text}\n`);
  }

  /** Columns as wide as their widest cell. */
  table(head: readonly string[], rows: readonly (readonly string[])[]): void {
    const widths = head.map((cell, column) =>
      Math.max(cell.length, ...rows.map((row) => row[column]?.length ?? 0)),
    );
    const print = (row: readonly string[]) =>
      this.#write(
        `${row
          .map((cell, column) => cell.padEnd(widths[column] ?? 0))
          .join('  ')
          .trimEnd()}\n`,
      );
    print(head);
    print(widths.map((width) => '-'.repeat(width)));
    for (const row of rows) print(row);
  }
}
