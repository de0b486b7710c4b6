import type { Json } from '../json.ts';

export type LogFields = { readonly [name: string]: Json | undefined };

/** Structured log. Fields carry ids and codes, never patient data. */
export interface Logger {
  debug(event: string, fields?: LogFields): void;
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields, cause?: unknown): void;
  error(event: string, fields?: LogFields, cause?: unknown): void;
}

/** A log for compositions that want none (tests, embedded tools). */
export const silentLogger: Logger = { debug() {}, info() {}, warn() {}, error() {} };
