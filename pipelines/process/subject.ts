import { assert } from '../../core/assert.ts';
import type { CutDocument } from '../../core/document.ts';
import { BitHiveError } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import type { Message } from '../../core/message.ts';
import { type Hl7Message, parseMessage } from '../../formats/hl7v2/index.ts';

const none: ReadonlyMap<string, CutDocument> = new Map();

/** A message with its bytes, opened only as far as somebody asks. */
export class Subject {
  readonly message: Message;
  /** Documents that are not in the bytes any more, by the mark that stands in their place. */
  readonly documents: ReadonlyMap<string, CutDocument>;
  readonly #bytes: Uint8Array | null;
  readonly #fallbackCharset: string | undefined;
  #hl7: Hl7Message | undefined;
  #json: JsonObject | undefined;

  constructor(
    message: Message,
    bytes: Uint8Array | null,
    fallbackCharset?: string,
    documents: ReadonlyMap<string, CutDocument> = none,
  ) {
    this.message = message;
    this.documents = documents;
    this.#bytes = bytes;
    this.#fallbackCharset = fallbackCharset;
  }

  get bytes(): Uint8Array {
    assert(this.#bytes !== null, 'the body of this kind of message is not loaded');
    return this.#bytes;
  }

  get hl7(): Hl7Message {
    this.#hl7 ??= parseMessage(
      this.bytes,
      this.#fallbackCharset === undefined ? {} : { fallbackCharset: this.#fallbackCharset },
    );
    return this.#hl7;
  }

  /** The body as a JSON object (FHIR, finding, timer payload). */
  get json(): JsonObject {
    if (this.#json === undefined) this.#json = parseObject(this.bytes);
    return this.#json;
  }
}

function parseObject(bytes: Uint8Array): JsonObject {
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as JsonObject;
  } catch (cause) {
    throw new BitHiveError('BH_FHIR_SYNTAX', 'the body is not JSON', { cause });
  }
  throw new BitHiveError('BH_FHIR_SYNTAX', 'the body is not a JSON object');
}
