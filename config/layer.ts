import { BitHiveError } from '../core/errors.ts';
import type { Setting } from './setting.ts';

/** A value as one layer gave it. `origin` is what an operator can open: `site.yaml:12`, `BITHIVE_DATA`, `--data`. */
export interface LayerValue {
  readonly value: unknown;
  readonly origin: string;
  /** Folder from which a relative path is read. */
  readonly folder: string;
}

/** Values by setting key. A null value takes away what a lower layer said. */
export type Layer = ReadonlyMap<string, LayerValue>;

/** Reads the text of a variable or flag as the setting's kind. */
export function parseText(setting: Setting, text: string, origin: string): unknown {
  switch (setting.kind) {
    case 'text':
      return text;
    case 'number':
      return /^-?\d+$/.test(text.trim()) ? Number(text) : text;
    case 'list':
      return text === '' ? [] : text.split(',').map((item) => item.trim());
    case 'map':
      return parseMap(text, origin);
  }
}

function parseMap(text: string, origin: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new BitHiveError('BH_CONFIG_VALUE', `${origin}: expected a JSON object`, { cause });
  }
}
