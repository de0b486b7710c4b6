import { BitHiveError } from '../../../core/errors.ts';
import { limits } from '../../../core/limits.ts';
import { isBatch, parseMessage, splitBatch } from '../../../formats/hl7v2/index.ts';
import { type Conversion, type Hl7ToFhirMap, printBundle } from '../../../mappings/index.ts';
import { structuralFaults } from './structural-faults.ts';

/** What became of one message of a file. */
export interface Outcome {
  readonly file: string;
  /** MSH-9.1 and MSH-9.2: `ADT^A01`. */
  readonly type: string;
  readonly bundles: number;
  readonly exception?: string;
  readonly faults: readonly string[];
  readonly isRepeatable: boolean;
  /** Issues of severity error: what the map could not carry. */
  readonly errors: readonly string[];
  /** Paths of what no row took, without the numbers of segments and repetitions. */
  readonly residue: readonly string[];
}

/** Receipt of every message: the second run must be the first, byte for byte. */
const receivedAtMs = Date.UTC(2026, 10, 22, 7, 0, 0);

/** Converts each message of a file twice. A message that is refused before it is mapped has a catalogue error as its exception. */
export function convertFile(map: Hl7ToFhirMap, file: string, bytes: Uint8Array): readonly Outcome[] {
  const messages: Uint8Array[] = [];
  if (isBatch(bytes)) {
    const events = splitBatch(bytes, { messageBytesMax: limits.hl7MessageBytesMax });
    for (const event of events) if (event.kind === 'message') messages.push(event.bytes);
  } else messages.push(bytes);
  return messages.map((message, index) =>
    outcomeOf(map, messages.length > 1 ? `${file}#${index + 1}` : file, message),
  );
}

function outcomeOf(map: Hl7ToFhirMap, file: string, bytes: Uint8Array): Outcome {
  const none = { file, bundles: 0, faults: [], isRepeatable: true, errors: [], residue: [] };
  let type = '?';
  try {
    const message = parseMessage(bytes);
    type = [1, 2]
      .map((n) => message.first('MSH')?.get(9, 1, n) ?? '')
      .join('^')
      .replace(/\^$/, '');
    const once = map.convert(message, { receivedAtMs, messageId: 1 });
    const again = map.convert(parseMessage(bytes), { receivedAtMs, messageId: 1 });
    return {
      file,
      type,
      bundles: once.before === undefined ? 1 : 2,
      faults: structuralFaults(once),
      isRepeatable: textOf(once) === textOf(again),
      errors: once.issues.filter((one) => one.severity === 'error').map((one) => `${one.path}: ${one.text}`),
      residue: once.residue.map(({ path }) => path.replaceAll(/\[\d+\]/g, '')),
    };
  } catch (error) {
    const text = error instanceof BitHiveError ? `${error.code} ${error.detail}` : String(error);
    return { ...none, type, exception: text };
  }
}

const textOf = ({ bundle, before }: Conversion): string =>
  `${before === undefined ? '' : printBundle(before)}\n${printBundle(bundle)}`;
