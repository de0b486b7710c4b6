import { limits } from '../../core/limits.ts';
import { resourceTypeNames } from './element-tables.ts';
import type { FhirIssue } from './issue.ts';
import { fieldOf, isObject, type UnknownObject } from './json-object.ts';
import { isPrimitive, primitiveFault } from './primitives.ts';
import { isInRequiredSet } from './required-codes.ts';
import { typeRules } from './type-rules.ts';
import { type ElementShape, shapeOf, type TypeShape } from './type-shapes.ts';

/** What one walk over a resource finds. */
export interface Walk {
  readonly issues: FhirIssue[];
  /** Types of the resource and of those inside it. */
  readonly resourceTypes: Set<string>;
  /** Every `Reference.reference`. */
  readonly references: { readonly path: string; readonly value: string }[];
  /** Resources of Bundle entries: not walked into, each is a resource of its own. */
  readonly entries: { readonly path: string; readonly resource: unknown }[];
  /** JSON values seen. */
  nodes: number;
}

export function startWalk(): Walk {
  return { issues: [], resourceTypes: new Set(), references: [], entries: [], nodes: 0 };
}

function report(walk: Walk, code: string, path: string, message: string): void {
  if (walk.issues.length < limits.fhirIssuesMax) walk.issues.push({ severity: 'error', code, path, message });
}

/** Walks a resource: properties, cardinality, primitive forms, required codes, datatype invariants (FHIR R4 §2.1, §2.6.2). */
export function walkResource(walk: Walk, value: unknown, path: string | undefined, depth: number): void {
  if (!isObject(value)) {
    report(walk, 'structure', path ?? 'Resource', 'not a resource');
    return;
  }
  const type = fieldOf(value, 'resourceType');
  if (typeof type !== 'string' || !resourceTypeNames().has(type)) {
    report(walk, 'structure', path ?? 'Resource', 'resourceType is missing or not one of R4');
    return;
  }
  walk.resourceTypes.add(type);
  const here = path ?? type;
  const id = fieldOf(value, 'id');
  if (typeof id === 'string' && primitiveFault('id', id))
    report(walk, 'value', `${here}.id`, 'not a valid id');
  walkObject(walk, value, shapeOf(type) as TypeShape, here, depth);
}

function walkObject(walk: Walk, object: UnknownObject, shape: TypeShape, path: string, depth: number): void {
  if (depth > limits.jsonDepthMax) {
    report(walk, 'too-costly', path, 'nested too deeply');
    return;
  }
  const names = Object.keys(object);
  const isEmpty = names.length === 0;
  if (isEmpty) {
    report(walk, 'structure', path, 'empty object (ele-1)');
    return;
  }
  const chosen = new Map<string, string>();
  for (const name of names) {
    if (name === 'resourceType' && shape.kind === 'resource') continue;
    const bare = name.startsWith('_') ? name.slice(1) : name;
    const property = shape.properties.get(bare);
    if (property === undefined || (bare !== name && !isPrimitive(property.type))) {
      report(walk, 'structure', `${path}.${printable(name)}`, 'no such element in R4');
      continue;
    }
    checkChoice(walk, property, path, chosen);
    if (bare === name) walkProperty(walk, object, property, path, depth);
    else walkPrimitiveExtensions(walk, object[name], property, `${path}.${name}`, depth);
  }
  checkMandatory(walk, object, shape, path);
  for (const rule of typeRules[shape.type] ?? []) {
    if (!rule.holds(object)) report(walk, 'invariant', path, `${rule.key}: ${rule.message}`);
  }
}

function checkChoice(walk: Walk, property: ElementShape, path: string, chosen: Map<string, string>): void {
  if (property.choice === undefined) return;
  const other = chosen.get(property.choice);
  if (other !== undefined && other !== property.name) {
    report(walk, 'structure', `${path}.${property.choice}`, 'more than one type of a choice');
  }
  chosen.set(property.choice, property.name);
}

function checkMandatory(walk: Walk, object: UnknownObject, shape: TypeShape, path: string): void {
  for (const { name, properties } of shape.mandatory) {
    const isThere = properties.some((one) => Object.hasOwn(object, one) || Object.hasOwn(object, `_${one}`));
    if (!isThere) report(walk, 'required', `${path}.${name}`, 'missing required element');
  }
}

function walkProperty(
  walk: Walk,
  object: UnknownObject,
  property: ElementShape,
  path: string,
  depth: number,
) {
  const here = `${path}.${property.name}`;
  const value = object[property.name];
  if (!property.isList) {
    if (Array.isArray(value)) {
      report(walk, 'structure', here, 'expected a single value, found an array');
      return;
    }
    walkValue(walk, value, property, here, depth + 1);
    return;
  }
  if (!Array.isArray(value)) {
    report(walk, 'structure', here, 'expected an array');
    return;
  }
  if (value.length === 0) {
    report(walk, 'structure', here, 'empty array');
    return;
  }
  if (value.length > property.max || value.length < property.min) {
    report(
      walk,
      'structure',
      here,
      `expected ${property.min}..${property.max} values, found ${value.length}`,
    );
  }
  const partners = fieldOf(object, `_${property.name}`);
  for (const [index, item] of value.entries()) {
    const isPlaceholder = item === null && Array.isArray(partners) && isObject(partners[index]);
    if (!isPlaceholder) walkValue(walk, item, property, `${here}[${index}]`, depth + 1);
  }
}

function walkValue(walk: Walk, value: unknown, property: ElementShape, path: string, depth: number): void {
  walk.nodes += 1;
  if (isPrimitive(property.type)) {
    const fault = primitiveFault(property.type, value);
    if (fault) {
      report(walk, 'value', path, fault);
      return;
    }
    checkBinding(walk, value, property, path);
    return;
  }
  if (property.type === 'Resource') {
    walkNested(walk, value, path, depth);
    return;
  }
  if (!isObject(value)) {
    report(walk, 'structure', path, 'expected an object');
    return;
  }
  const shape = shapeOf(property.type);
  if (shape === undefined) {
    report(walk, 'structure', path, `unknown type ${property.type}`);
    return;
  }
  if (property.type === 'Reference') noteReference(walk, value, property, path);
  checkBinding(walk, value, property, path);
  walkObject(walk, value, shape, path, depth);
}

function walkNested(walk: Walk, value: unknown, path: string, depth: number): void {
  if (/(?:^|\.)entry\[\d+\]\.resource$/.test(path)) walk.entries.push({ path, resource: value });
  else walkResource(walk, value, path, depth);
}

function checkBinding(walk: Walk, value: unknown, property: ElementShape, path: string): void {
  if (property.binding?.strength !== 'required') return;
  if (isInRequiredSet(property.binding.valueSet, property.type, value)) return;
  report(walk, 'code-invalid', path, `code is not in the required value set ${property.binding.valueSet}`);
}

function noteReference(walk: Walk, value: UnknownObject, property: ElementShape, path: string): void {
  const reference = fieldOf(value, 'reference');
  if (typeof reference !== 'string') return;
  walk.references.push({ path: `${path}.reference`, value: reference });
  const type = /^([A-Z][A-Za-z]+)[/?]/.exec(reference)?.[1];
  const allowed = property.targets;
  if (type === undefined || allowed === undefined || allowed.includes('Resource') || allowed.includes(type))
    return;
  report(walk, 'value', path, `reference to a ${type}, expected ${allowed.join(', ')}`);
}

/** `_birthDate` and the like: id and extensions of a primitive, in a list at the places of its values (FHIR R4 §2.6.2.3). */
function walkPrimitiveExtensions(
  walk: Walk,
  value: unknown,
  property: ElementShape,
  path: string,
  depth: number,
) {
  const element = shapeOf('Element') as TypeShape;
  if (property.isList !== Array.isArray(value)) {
    report(walk, 'structure', path, property.isList ? 'expected an array' : 'expected an object');
    return;
  }
  const items = Array.isArray(value) ? value : [value];
  for (const [index, item] of items.entries()) {
    const here = property.isList ? `${path}[${index}]` : path;
    if (item === null && property.isList) continue;
    if (!isObject(item)) report(walk, 'structure', here, 'expected an object');
    else walkObject(walk, item, element, here, depth + 1);
  }
}

/** Names from the wire in a message: short, and without characters that a terminal or a page would act on. */
function printable(name: string): string {
  return name.replace(/[^\w$-]/g, '?').slice(0, 64);
}
