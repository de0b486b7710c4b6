import type { Json } from '../../core/json.ts';
import { printable } from './table.ts';

/** JSON as indented lines for a person: no quotes, no brackets, nothing that is empty. */
export function outline(value: Json, indent = ''): string {
  if (value === null || typeof value !== 'object') return `${indent}${printable(String(value))}`;
  const members: readonly (readonly [string, Json])[] = Array.isArray(value)
    ? value.map((item: Json) => ['-', item] as const)
    : Object.entries(value as { readonly [name: string]: Json });
  return members
    .filter(([, member]) => !isEmpty(member))
    .map(([name, member]) => {
      const label = name === '-' ? '-' : `${printable(name)}:`;
      if (member !== null && typeof member === 'object')
        return `${indent}${label}\n${outline(member, `${indent}  `)}`;
      return `${indent}${label} ${printable(String(member))}`;
    })
    .join('\n');
}

function isEmpty(value: Json): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}
