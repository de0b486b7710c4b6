import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const shipped = fileURLToPath(new URL('../../mappings/hl7v2', import.meta.url));

/** The folders of a map. */
export const mapParts = ['messages', 'segments', 'types', 'tables'];

/** The rows that come with the engine, by path. */
export function shippedFiles(): ReadonlyMap<string, string> {
  return new Map(
    mapParts.flatMap((part) =>
      readdirSync(join(shipped, part))
        .sort()
        .map((name) => [`${part}/${name}`, readFileSync(join(shipped, part, name), 'utf8')] as const),
    ),
  );
}

/** One message with what it names: every file whose name stands in it, all datatypes and tables, and the message that takes the rest. */
export function smallMap(files: ReadonlyMap<string, string>, message: string): ReadonlyMap<string, string> {
  const text = `${files.get(message)}${files.get('messages/any.yaml')}`;
  const words = new Set(text.match(/[a-z0-9_-]+(\.[a-z0-9_-]+)+/g) ?? []);
  return new Map(
    [...files].filter(([path]) => {
      if (path.startsWith('messages/')) return path === message || path === 'messages/any.yaml';
      return !path.startsWith('segments/') || words.has(path.slice('segments/'.length, -'.yaml'.length));
    }),
  );
}
