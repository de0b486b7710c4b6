import { z } from 'zod';
import type { JsonObject } from '../../core/json.ts';
import { type Hl7Message, hl7ContentType, parseMessage } from '../../formats/hl7v2/index.ts';
import type { Hl7ToHl7Map } from '../../mappings/index.ts';
import type { StepKind } from '../channel/catalog.ts';
import type { ProcessOutput, Product, StepInput } from '../process/step.ts';

const file = z.string().min(1);
const names = z.array(z.string().min(1)).min(1).max(64);
const settings = z
  .union([file, z.strictObject({ file, to: names.exactOptional() })])
  .transform((given) => (typeof given === 'string' ? { file: given } : given));

export interface EditSettings {
  /** A file of rows; relative to the folder of the channels. */
  readonly file: string;
  /** Only these destinations get the changed message; absent: all, and the steps after this one as well. */
  readonly to?: readonly string[];
}

export interface EditOptions {
  /** Throws BH_MAP_DEFINITION with file and line. */
  readonly load: (file: string) => Hl7ToHl7Map;
  /** Character set of messages that declare none. */
  readonly fallbackCharset: string;
}

/**
 * `hl7v2`: HL7 v2 with the changes that its receivers need, byte for byte the same where no row touches it. It changes the message as it
 * came in, and what an earlier step made of something else (ORU^R01 of a report).
 */
export function editHl7({ load, fallbackCharset }: EditOptions): StepKind<EditSettings> {
  return {
    kind: 'hl7v2',
    readsMap: true,
    settings,
    create({ file: path, to }) {
      const map = load(path);
      const read = (bytes: Uint8Array): Hl7Message => parseMessage(bytes, { fallbackCharset });
      const edit = (message: Hl7Message, output: ProcessOutput): Uint8Array => {
        const { bytes, changes } = map.edit(message);
        const told = output.report.edits;
        const edits = Array.isArray(told) ? (told as readonly JsonObject[]) : [];
        const rows = changes.map(({ row, places }) => ({ row, places }));
        output.report.edits = [...edits, { map: map.name, version: map.version, rows }];
        return bytes;
      };
      return {
        kind: 'hl7v2',
        takes: ['hl7v2', 'fhir', 'finding', 'timer'],
        needsWhole: true,
        ...(to === undefined ? {} : { destinations: to }),
        apply(input, output) {
          editProducts(output, to, (bytes) => edit(read(bytes), output));
          if (input.message.kind !== 'hl7v2') return;
          const message = output.hl7 ?? input.subject.hl7;
          if (to === undefined) output.hl7 = read(edit(message, output));
          else copyFor(to, input, output, () => edit(message, output));
        },
      };
    },
  };
}

/** What earlier steps made is changed in its place; where only some of its destinations are meant, it parts. */
function editProducts(
  output: ProcessOutput,
  to: readonly string[] | undefined,
  edit: (bytes: Uint8Array) => Uint8Array,
): void {
  const parted = output.products.flatMap((product): readonly Product[] => {
    if (product.contentType !== hl7ContentType) return [product];
    if (to === undefined || product.only?.every((name) => to.includes(name)))
      return [{ ...product, bytes: edit(product.bytes) }];
    const only = (product.only ?? to).filter((name) => to.includes(name) && !product.except?.includes(name));
    if (only.length === 0) return [product];
    const rest = { ...product, except: [...(product.except ?? []), ...only] };
    return [{ ...product, bytes: edit(product.bytes), only }, rest];
  });
  output.products.splice(0, output.products.length, ...parted);
}

/** The named destinations get a copy of the message; those that have one already had it changed as a product. */
function copyFor(
  to: readonly string[],
  { message, keys }: StepInput,
  output: ProcessOutput,
  edited: () => Uint8Array,
): void {
  const { originalExcept: served = [] } = output;
  const only = to.filter((name) => !served.includes(name));
  if (only.length === 0) return;
  const { contentType, facts } = message;
  output.products.push({
    contentType,
    bytes: edited(),
    keys,
    priority: 0,
    only,
    ...(facts ? { facts } : {}),
  });
  output.originalExcept = [...served, ...only];
}
