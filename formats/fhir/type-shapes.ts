import type { Binding, ElementRow, TypeTable } from './element-tables.ts';
import { datatypeTables, readResourceTable } from './element-tables.ts';

/** One JSON property that a type may have. A choice `value[x]` gives one shape per type (`valueQuantity` ...). */
export interface ElementShape {
  /** Name in JSON. */
  readonly name: string;
  /** `value[x]` where the property is one of a choice. */
  readonly choice?: string;
  /** Datatype, resource type, or `Patient.contact` for the content of a backbone element. */
  readonly type: string;
  /** Resource types that a reference may point to; absent: any. */
  readonly targets?: readonly string[];
  readonly isList: boolean;
  readonly min: number;
  readonly max: number;
  readonly binding?: Binding;
}

/** A choice `value[x]` as a whole: all its types. */
export interface ChoiceShape {
  readonly name: string;
  readonly types: readonly string[];
  readonly isList: boolean;
  readonly min: number;
  readonly binding?: Binding;
}

export interface TypeShape {
  readonly type: string;
  readonly kind: 'resource' | 'complex-type';
  readonly properties: ReadonlyMap<string, ElementShape>;
  /** By name without `[x]`. */
  readonly choices: ReadonlyMap<string, ChoiceShape>;
  /** Properties and choices that must be there. */
  readonly mandatory: readonly { readonly name: string; readonly properties: readonly string[] }[];
}

const shapes = new Map<string, TypeShape | null>();

/** Shape of a resource type, a datatype, or the content of a backbone element (`Patient.contact`); undefined when R4 has none. */
export function shapeOf(type: string): TypeShape | undefined {
  const known = shapes.get(type);
  if (known !== undefined) return known ?? undefined;
  const root = type.split('.', 1)[0] as string;
  const table = tableOf(root);
  // Names from the wire that R4 does not know are not remembered: a sender could fill the memory with them.
  if (table === undefined) return undefined;
  compile(table);
  return shapes.get(type) ?? undefined;
}

export function tableOf(name: string): TypeTable | undefined {
  const types = datatypeTables();
  return Object.hasOwn(types, name) ? types[name] : readResourceTable(name);
}

function compile(table: TypeTable): void {
  const byParent = new Map<string, ElementRow[]>([[table.name, []]]);
  for (const row of table.elements.slice(1)) {
    // MoneyQuantity and SimpleQuantity have rows that are named after Quantity.
    const path = table.name + row.path.slice(row.path.split('.', 1)[0]?.length);
    const parent = path.slice(0, path.lastIndexOf('.'));
    const siblings = byParent.get(parent);
    if (siblings === undefined) byParent.set(parent, [{ ...row, path }]);
    else siblings.push({ ...row, path });
  }
  for (const [type, rows] of byParent) shapes.set(type, shapeFrom(type, table.kind, rows));
}

function shapeFrom(type: string, kind: TypeTable['kind'], rows: readonly ElementRow[]): TypeShape {
  const properties = new Map<string, ElementShape>();
  const choices = new Map<string, ChoiceShape>();
  const mandatory: { name: string; properties: readonly string[] }[] = [];
  for (const row of rows) {
    const shapesOfRow = propertiesOf(row);
    for (const shape of shapesOfRow) properties.set(shape.name, shape);
    const name = row.path.slice(row.path.lastIndexOf('.') + 1);
    if (name.endsWith('[x]')) choices.set(name.slice(0, -3), choiceOf(name, row));
    if (row.min > 0) mandatory.push({ name, properties: shapesOfRow.map((shape) => shape.name) });
  }
  return { type, kind: type.includes('.') ? 'complex-type' : kind, properties, choices, mandatory };
}

function choiceOf(name: string, row: ElementRow): ChoiceShape {
  const types = (row.types ?? []).map((type) => type.code);
  return { name, types, isList: isList(row), min: row.min, ...(row.binding ? { binding: row.binding } : {}) };
}

function propertiesOf(row: ElementRow): ElementShape[] {
  const name = row.path.slice(row.path.lastIndexOf('.') + 1);
  const isChoice = name.endsWith('[x]');
  if (row.same !== undefined) return [elementShape(name, row.same, row, {})];
  return (row.types ?? []).map((type) => {
    const isBackbone = type.code === 'BackboneElement' || type.code === 'Element';
    const jsonName = isChoice ? name.slice(0, -3) + capitalized(type.code) : name;
    return elementShape(jsonName, isBackbone ? row.path : type.code, row, {
      ...(isChoice ? { choice: name } : {}),
      ...(type.targets ? { targets: type.targets } : {}),
    });
  });
}

function elementShape(
  name: string,
  type: string,
  row: ElementRow,
  more: { choice?: string; targets?: readonly string[] },
): ElementShape {
  const max = row.max === '*' ? Number.POSITIVE_INFINITY : Number(row.max);
  const binding = row.binding ? { binding: row.binding } : {};
  return { name, type, isList: isList(row), min: row.min, max, ...binding, ...more };
}

function isList(row: ElementRow): boolean {
  return row.max !== '1' && row.max !== '0';
}

function capitalized(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}
