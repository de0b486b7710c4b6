/** Wall clock and monotonic clock. Durations, leases and time-outs use `monotonicMs`; what is shown or stored uses `nowMs`. */
export interface Clock {
  /** Milliseconds since 1970-01-01T00:00:00Z. */
  nowMs(): number;
  /** Milliseconds from an arbitrary start; never goes back. */
  monotonicMs(): number;
  /** Calls back once after `delayMs`; the returned function cancels. */
  after(delayMs: number, call: () => void): () => void;
}
