import { parseMessage } from '../../../formats/hl7v2/index.ts';

interface ParserCase {
  readonly name: string;
  readonly messageBase64: string;
  readonly path: string;
  readonly expected: string;
}

/** The names of the cases of data/hl7v2-cases.json whose value is read as expected, and of those that are not. */
export function runParserCases(text: string): {
  readonly passed: number;
  readonly failed: readonly string[];
} {
  const { cases } = JSON.parse(text) as { readonly cases: readonly ParserCase[] };
  const failed: string[] = [];
  for (const { name, messageBase64, path, expected } of cases) {
    try {
      const found = parseMessage(Buffer.from(messageBase64, 'base64')).get(path);
      if (found !== expected)
        failed.push(`${name}: ${JSON.stringify(found)}, not ${JSON.stringify(expected)}`);
    } catch (error) {
      failed.push(`${name}: ${String(error)}`);
    }
  }
  return { passed: cases.length - failed.length, failed };
}
