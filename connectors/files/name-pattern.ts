import type { LeasedDelivery } from '../../core/delivery.ts';
import { BitHiveError } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';

export type NamePattern = string & { readonly __brand: 'name-pattern' };

const parts: Readonly<Record<string, (delivery: LeasedDelivery) => string>> = {
  /** Twelve digits, so that the order of names is the order of deliveries. */
  deliveryId: ({ id }) => String(id).padStart(12, '0'),
  messageId: ({ messageId }) => String(messageId).padStart(12, '0'),
  channel: ({ channel }) => channel,
  destination: ({ destination }) => destination,
  /** Of the delivery, in UTC. The clock of the attempt would give each attempt a name of its own. */
  date: ({ createdAtMs }) => new Date(createdAtMs).toISOString().slice(0, 10).replaceAll('-', ''),
  time: ({ createdAtMs }) => new Date(createdAtMs).toISOString().slice(11, 19).replaceAll(':', ''),
};

/** Reads a pattern such as `{date}-{deliveryId}.hl7`. Throws BH_CONFIG_VALUE. */
export function parseNamePattern(text: string): NamePattern {
  const names = [...text.matchAll(/\{(\w*)\}/g)].map(([, name = '']) => name);
  const unknown = names.find((name) => !Object.hasOwn(parts, name));
  if (unknown !== undefined) {
    throw new BitHiveError(
      'BH_CONFIG_VALUE',
      `{${unknown}} is no part of a file name; known: ${Object.keys(parts).join(', ')}`,
    );
  }
  if (!names.includes('deliveryId')) {
    throw new BitHiveError(
      'BH_CONFIG_VALUE',
      'a file name needs {deliveryId}, or files would replace each other',
    );
  }
  if (!/^[\w{}][\w.{}+=@-]*$/.test(text) || text.length > limits.fileNameCharsMax / 2) {
    throw new BitHiveError(
      'BH_CONFIG_VALUE',
      'a file name has letters, digits, . _ - + = @ and begins with no dot',
    );
  }
  return text as NamePattern;
}

export function fileName(pattern: NamePattern, delivery: LeasedDelivery): string {
  return pattern.replace(/\{(\w+)\}/g, (_whole, name: string) => parts[name]?.(delivery) ?? '');
}
