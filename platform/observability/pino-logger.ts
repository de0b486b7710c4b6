import { types } from 'node:util';
import { type DestinationStream, destination, pino } from 'pino';
import { BitHiveError } from '../../core/errors.ts';
import type { Json } from '../../core/json.ts';
import type { LogFields, Logger } from '../../core/ports/index.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

export interface PinoLoggerOptions {
  readonly level: LogLevel;
  /** Where the lines go; standard error when absent. */
  readonly stream?: DestinationStream;
}

/**
 * Names of fields whose value never reaches the log, whoever passes them. The rule for callers is stricter (ids and codes
 * only); this is the net below it.
 */
const withheld =
  /^(authorization|cookie|token|secret|password|key|body|payload|patient|patient_?name|patient_?id|birth_?date|mrn|name|address|phone)$/i;
const fieldCharsMax = 512;

/** JSON lines: `level`, `time`, `event`, the fields, and for a cause its type, code and stack, not its fields. */
export function createPinoLogger({ level, stream }: PinoLoggerOptions): Logger {
  const log = pino(
    { level, base: null, messageKey: 'event', formatters: { level: (label) => ({ level: label }) } },
    stream ?? destination({ fd: 2, sync: true }),
  );
  return {
    debug: (event, fields) => log.debug(clean(fields), event),
    info: (event, fields) => log.info(clean(fields), event),
    warn: (event, fields, cause) => log.warn({ ...clean(fields), ...describe(cause) }, event),
    error: (event, fields, cause) => log.error({ ...clean(fields), ...describe(cause) }, event),
  };
}

function clean(fields: LogFields | undefined): { [name: string]: Json | undefined } {
  return Object.fromEntries(
    Object.entries(fields ?? {}).map(([name, value]) => [
      name,
      withheld.test(name) ? '[withheld]' : shorten(value),
    ]),
  );
}

function shorten(value: Json | undefined): Json | undefined {
  if (typeof value === 'string' && value.length > fieldCharsMax) return `${value.slice(0, fieldCharsMax)}…`;
  if (typeof value === 'object' && value !== null) {
    const text = JSON.stringify(value);
    if (text.length > fieldCharsMax) return `${text.slice(0, fieldCharsMax)}…`;
  }
  return value;
}

/** A foreign error's message may quote what it choked on; its type, code and the frames of its stack do not. */
function describe(cause: unknown): { [name: string]: string } {
  if (cause === undefined) return {};
  if (!types.isNativeError(cause)) return { cause: typeof cause };
  const frames = (cause.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  const code = 'code' in cause ? String(cause.code) : '';
  const inner = cause instanceof BitHiveError && cause.cause !== undefined ? describe(cause.cause) : {};
  return {
    cause: cause.name,
    ...(code === '' ? {} : { cause_code: code }),
    ...(cause instanceof BitHiveError ? { detail: cause.detail.slice(0, fieldCharsMax) } : {}),
    stack: frames.slice(0, 12).join('\n'),
    ...(inner.cause === undefined
      ? {}
      : { inner: `${inner.cause} ${inner.cause_code ?? ''}\n${inner.stack ?? ''}` }),
  };
}
