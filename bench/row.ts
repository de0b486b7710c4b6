/** One line of docs/benchmarks.md: our figure, the peer's figure of the same run, and their ratio. */
export interface BenchRow {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly peer: string;
  readonly peerValue: number;
  /** value / peerValue; for a time or a size the smaller is better, for a rate the larger. */
  readonly ratio: number;
  /** What the project asks for, in words: `>= 0.60`. */
  readonly target?: string;
}

export const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
};
