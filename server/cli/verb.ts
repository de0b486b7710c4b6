import type { Environment } from '../../config/index.ts';

/** One flag of a verb, beside those that set settings. */
export interface VerbFlag {
  readonly name: string;
  /** What stands after it; absent: nothing does. */
  readonly takes?: string;
  readonly description: string;
}

/** What a verb is called with. The help text, the parser and docs/reference/cli.md come from it. */
export interface Usage {
  /** `message show` */
  readonly name: string;
  readonly summary: string;
  /** Names of the words after the verb. The last may be in brackets, `[FOLDER]`, and left out; or end with dots, `FILE...`, and stand more than once; or both. */
  readonly words: readonly string[];
  readonly flags: readonly VerbFlag[];
  /** Whether `--config FILE` and the flags of settings are taken. */
  readonly takesSettings: boolean;
  readonly example: string;
}

/** What a verb was called with. */
export interface Call {
  readonly words: readonly string[];
  flag(name: string): string | undefined;
  has(name: string): boolean;
  /** Flags of settings, for `loadConfig`. */
  readonly settingsArgv: readonly string[];
}

/** The process around a verb. Only `main.ts` knows the real one. */
export interface World {
  readonly env: Environment;
  readonly cwd: string;
  readonly user: string;
  /** Standard output: what was asked for, nothing else. */
  print(text: string): void;
  printBytes(bytes: Uint8Array): Promise<void>;
  /** Standard error: what a person should know beside it. */
  say(text: string): void;
  /** Resolves when the process is asked to stop. */
  untilStopped(): Promise<string>;
}

export interface Verb {
  readonly usage: Usage;
  /** Returns the exit code. */
  run(call: Call, world: World): Promise<number>;
}

export const exitCodes = {
  ok: 0,
  /** What was asked for was refused or failed; the code on standard error says why. */
  failed: 1,
  /** The command line is not understood. */
  usage: 2,
  /** A search found nothing; a check found faults. */
  none: 3,
  /** No engine answers, and the data folder cannot be read instead. */
  unreachable: 4,
  /** A fault of the engine itself. */
  internal: 70,
} as const;

export const jsonFlag: VerbFlag = { name: 'json', description: 'Print JSON, for programs.' };
