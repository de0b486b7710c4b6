import type { Environment, LoadedConfig } from '../../config/index.ts';

/** What `bithive doctor` found in one place. */
export interface Check {
  readonly name: string;
  readonly verdict: 'good' | 'advice' | 'fault';
  readonly detail: string;
  /** What to do about it. */
  readonly next?: string;
}

/** What is looked at. */
export type Subject = Pick<LoadedConfig, 'config' | 'warnings' | 'explain'> & {
  readonly env: Environment;
  readonly cwd: string;
};

export const good = (detail: string): Omit<Check, 'name'> => ({ verdict: 'good', detail });
