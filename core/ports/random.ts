/** The only source of chance: jitter, tokens, names of owners. */
export interface Random {
  /** Uniform in [0, 1). */
  fraction(): number;
  bytes(count: number): Uint8Array;
}
