/** Secrets by reference. Values come from a file (mode 0600) or the environment; they are never logged or exported. */
export interface Keys {
  /** Throws BH_CONFIG_SECRET when the reference cannot be resolved. `reference`: `file:/path` or `env:NAME`. */
  secret(reference: string): Promise<string>;
}
