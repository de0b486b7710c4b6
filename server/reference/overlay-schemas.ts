import { mapNames, overlayJsonSchemas } from '../../mappings/index.ts';

/** docs/reference/overlay-*.schema.json: what editors complete and check in the files of an overlay. */
export function overlaySchemas(): ReadonlyMap<string, string> {
  return new Map(
    [...overlayJsonSchemas(mapNames())].map(([name, schema]) => [
      name,
      `${JSON.stringify(schema, null, 2)}\n`,
    ]),
  );
}
