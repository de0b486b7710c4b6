import { ownMap } from '../own-map.ts';
import { builtInTypes } from '../values/built-in-types.ts';
import type { MapNames } from './json-schema.ts';

/** The names of the rows that come with the engine. */
export function mapNames(): MapNames {
  const { segments, types, tables } = ownMap();
  const rows = [...segments.values(), ...types.values()].flatMap(({ content }) => content.rows);
  const as = [
    ...builtInTypes(tables).keys(),
    ...[...types.values()].map(({ content }) => `${content.type}>${content.target}`),
    ...rows.flatMap((row) => row.as ?? []),
  ];
  return {
    as: [...new Set(as)].sort(),
    table: [...tables.keys()].sort(),
    map: [...segments.keys()].sort(),
  };
}
