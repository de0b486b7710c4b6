import { readFileSync } from 'node:fs';

/** 1: must have a value; 2: must be there, may be empty; 3: may be absent. Conditional types count as if the condition held. */
export type AttributeType = 1 | 2 | 3;

const typesByClass = readTypes();

/**
 * The type that an attribute has at the top level of an object of a SOP class (PS3.3), for the attributes whose action depends on it. Undefined:
 * the class is newer than the table.
 */
export function attributeType(sopClassUid: string, tag: number): AttributeType | undefined {
  const types = typesByClass.get(sopClassUid);
  return types === undefined ? undefined : (types.get(tag) ?? 3);
}

function readTypes(): ReadonlyMap<string, ReadonlyMap<number, AttributeType>> {
  const text = readFileSync(new URL('./tables/attribute-types.csv', import.meta.url), 'utf8');
  const [, ...lines] = text.trimEnd().split('\n');
  return new Map(
    lines.map((line) => {
      const [sopClassUid = '', ...lists] = line.split(',');
      const types = ([1, 2, 3] as const).flatMap((type) =>
        (lists[type - 1] ?? '')
          .split(' ')
          .filter((tag) => tag !== '')
          .map((tag) => [Number.parseInt(tag, 16), type] as const),
      );
      return [sopClassUid, new Map(types)];
    }),
  );
}
