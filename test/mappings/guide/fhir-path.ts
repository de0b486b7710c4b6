import type { Bundle } from '../../../mappings/index.ts';

type Node = { readonly value: unknown; readonly shadow: unknown };
type Step = { readonly name: string } | { readonly types: readonly string[] };

/**
 * A path as the guide's sheets write it: `location[1].location(Location)`, `practitioner(Practitioner.name.family)`, `birthDate.extension[1].url`.
 * Indices stand for "one more", and are left out; `(X)` follows a reference and asks for the type of what it leads to.
 */
export function parseSheetPath(text: string): readonly Step[] {
  const steps: Step[] = [];
  let isType = false;
  // A datatype of one value writes itself as `$this` or `$value`; some paths name the element `reference` of a reference that they follow.
  const plain = text.replaceAll(/\.?\$(this|value)/g, '').replaceAll('.reference(', '(');
  for (const [token] of plain.matchAll(/[A-Za-z|]+|\(/g)) {
    if (token === '(') isType = true;
    else if (isType) {
      steps.push({ types: token.split('|') });
      isType = false;
    } else if (!/^(each|n|Quantity)$/.test(token)) steps.push({ name: token });
  }
  return steps;
}

/** Every value at a path in every resource of a type in the Bundle, as JSON texts. */
export function valuesAt(bundle: Bundle, type: string, path: string): readonly string[] {
  const byUrl = new Map(bundle.entry.map(({ fullUrl, resource }) => [fullUrl, resource as unknown]));
  let nodes: Node[] = bundle.entry
    .filter(({ resource }) => resource.resourceType === type)
    .map(({ resource }) => ({ value: resource, shadow: undefined }));
  if (type === 'Bundle') nodes = [{ value: { ...bundle, entry: [] }, shadow: undefined }];
  for (const step of parseSheetPath(path)) {
    nodes =
      'name' in step
        ? nodes.flatMap((node) => inner(node, step.name))
        : nodes.flatMap(followed(step.types, byUrl));
  }
  return nodes.map(({ value }) => JSON.stringify(value));
}

/** `extension` of a primitive stands beside it; `value` of a choice may carry its type. */
function inner({ value, shadow }: Node, name: string): readonly Node[] {
  const at = typeof value === 'object' && value !== null ? value : shadow;
  if (typeof at !== 'object' || at === null) return [];
  const holder = at as { readonly [name: string]: unknown };
  const own = listOf(holder[name]);
  const shadows = listOf(holder[`_${name}`]);
  const length = Math.max(own.length, shadows.length);
  return Array.from({ length }, (_, index) => ({ value: own[index], shadow: shadows[index] })).filter(
    (node) => node.value !== undefined || node.shadow !== undefined,
  );
}

const listOf = (value: unknown): readonly unknown[] =>
  value === undefined ? [] : Array.isArray(value) ? value : [value];

function followed(
  types: readonly string[],
  byUrl: ReadonlyMap<string, unknown>,
): (node: Node) => readonly Node[] {
  return (node) => {
    const { value } = node;
    // A datatype in brackets is what is there: `note(Annotation.text)`.
    if (types[0] === 'Annotation') return [node];
    const reference = (value as { readonly reference?: unknown } | undefined)?.reference;
    const found = typeof reference === 'string' ? byUrl.get(reference) : undefined;
    if (found === undefined) return [];
    return types.includes((found as { readonly resourceType: string }).resourceType)
      ? [{ value: found, shadow: undefined }]
      : [];
  };
}
