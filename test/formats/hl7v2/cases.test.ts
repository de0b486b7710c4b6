import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { parseMessage } from '../../../formats/hl7v2/index.ts';

interface Case {
  readonly name: string;
  readonly messageBase64: string;
  readonly path: string;
  readonly expected: string;
}

const file = join(import.meta.dirname, '../../../data/hl7v2-cases.json');
const { cases } = JSON.parse(readFileSync(file, 'utf8')) as { readonly cases: readonly Case[] };

describe('the published parser cases', () => {
  test.each(cases.map((c) => [c.name, c] as const))('%s', (_, { messageBase64, path, expected }) => {
    const bytes = Buffer.from(messageBase64, 'base64');
    const message = parseMessage(bytes);
    expect(message.get(path)).toBe(expected);
    const start = bytes.indexOf('MSH');
    expect(Buffer.from(message.print())).toEqual(bytes.subarray(start, bytes[0] === 0x0b ? -2 : undefined));
  });
});
