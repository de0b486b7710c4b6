import { z } from 'zod';
import { configSchema } from './schema.ts';

/** How a setting's text in a variable or flag is read. `list` is separated by commas, `map` is JSON. */
export type SettingKind = 'text' | 'number' | 'list' | 'map';

/** One leaf of the schema: a value that a layer can set. */
export interface Setting {
  /** `http.tls.key` */
  readonly key: string;
  readonly kind: SettingKind;
  /** `BITHIVE_HTTP_TLS_KEY` */
  readonly variable: string;
  /** `http-tls-key`, without the hyphens in front. */
  readonly flag: string;
  readonly description: string;
  /** What is taken, in words: `one of a, b`, `0 to 65535`. */
  readonly takes: string;
  readonly isPath: boolean;
  readonly isSecret: boolean;
  readonly isOptional: boolean;
}

const wordsOf = (key: string): readonly string[] =>
  key.split('.').flatMap((part) => part.split(/(?=[A-Z])/).map((word) => word.toLowerCase()));

export const variableOf = (key: string): string => `BITHIVE_${wordsOf(key).join('_').toUpperCase()}`;
export const flagOf = (key: string): string => wordsOf(key).join('-');

/** All settings in the order of the schema. */
export const settings: readonly Setting[] = leavesOf(configSchema, '', false);

/** Keys that hold other keys: `http`, `http.tls` ... */
export const sections: ReadonlySet<string> = new Set(
  settings.flatMap(({ key }) =>
    key
      .split('.')
      .slice(0, -1)
      .map((_, at, parts) => parts.slice(0, at + 1).join('.')),
  ),
);

function leavesOf(schema: z.ZodType, key: string, isOptional: boolean): readonly Setting[] {
  if (schema instanceof z.ZodOptional) return leavesOf(schema.unwrap() as z.ZodType, key, true);
  if (schema instanceof z.ZodObject) {
    return Object.entries(schema.shape).flatMap(([name, child]) =>
      leavesOf(child as z.ZodType, key === '' ? name : `${key}.${name}`, isOptional),
    );
  }
  const meta = schema.meta() ?? {};
  const description = meta.description ?? '';
  return [
    {
      key,
      kind: kindOf(schema),
      variable: variableOf(key),
      flag: flagOf(key),
      description,
      takes: takesOf(schema, meta.format === 'path'),
      isPath: meta.format === 'path',
      isSecret: description.includes('A reference:'),
      isOptional,
    },
  ];
}

function kindOf(schema: z.ZodType): SettingKind {
  if (schema instanceof z.ZodNumber) return 'number';
  if (schema instanceof z.ZodArray) return 'list';
  if (schema instanceof z.ZodRecord) return 'map';
  return 'text';
}

function takesOf(schema: z.ZodType, isPath: boolean): string {
  if (schema instanceof z.ZodEnum) return schema.options.join(', ');
  if (schema instanceof z.ZodNumber) return `${schema.minValue} to ${schema.maxValue}`;
  if (schema instanceof z.ZodArray) return 'list';
  if (schema instanceof z.ZodRecord) return 'map';
  if (schema instanceof z.ZodURL) return 'URL';
  if (schema instanceof z.ZodUUID) return 'UUID';
  return isPath ? 'path' : 'text';
}
