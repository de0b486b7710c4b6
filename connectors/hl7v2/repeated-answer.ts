import {
  type AckCode,
  formatTimestamp,
  type Hl7Message,
  standardDelimiters,
} from '../../formats/hl7v2/index.ts';

/** The fields of MSH that an answer repeats or depends on, beside the control id. */
const dependsOn = [3, 4, 5, 6, 9, 11, 12, 15, 16, 18] as const;
const separator = '|';
const atField = 6;
const controlIdField = 9;

/**
 * The positive answer to the last message of a connection, to be said again. Messages of one sender differ in time and control id
 * only, as far as their answers go; printing an answer anew costs more than parsing the message did.
 */
export class RepeatedAnswer {
  readonly #code: AckCode;
  readonly #fields: readonly string[];
  readonly #head: string;
  readonly #middle: string;
  readonly #tail: string;

  private constructor(code: AckCode, fields: readonly string[], pieces: readonly [string, string, string]) {
    this.#code = code;
    this.#fields = fields;
    [this.#head, this.#middle, this.#tail] = pieces;
  }

  /** null when the answer is none that can be said again: other separators, text beyond ASCII, more than MSH and MSA. */
  static of(message: Hl7Message, code: AckCode, answer: Uint8Array): RepeatedAnswer | null {
    const header = message.first('MSH');
    if (header === undefined || message.delimiters !== standardDelimiters) return null;
    const text = Buffer.from(answer.buffer, answer.byteOffset, answer.byteLength).toString('latin1');
    const printed = text.slice(0, text.indexOf('\r')).split(separator);
    const controlId = header.raw(10);
    const tail = `|${printed.slice(controlIdField + 1).join(separator)}\rMSA|${code}|`;
    const head = `${printed.slice(0, atField).join(separator)}|`;
    const middle = `|${printed.slice(atField + 1, controlIdField).join(separator)}|`;
    // What does not come out the same is something else than MSH and MSA with these fields.
    const again = head + printed[atField] + middle + printed[controlIdField] + tail + controlId;
    if (text !== `${again}\r` || !isPrintableAscii(text.replaceAll('\r', ''))) return null;
    return new RepeatedAnswer(
      code,
      dependsOn.map((field) => header.raw(field)),
      [`\x0b${head}`, middle, tail],
    );
  }

  /** The framed answer to this message, null when it is not the same but for time and control ids. */
  to(message: Hl7Message, code: AckCode, ownControlId: string, atMs: number): Uint8Array | null {
    if (code !== this.#code || message.delimiters !== standardDelimiters) return null;
    const header = message.first('MSH');
    if (header === undefined) return null;
    for (let index = 0; index < dependsOn.length; index++) {
      if (header.raw(dependsOn[index]!) !== this.#fields[index]) return null;
    }
    const controlId = header.raw(10);
    if (!isPrintableAscii(controlId)) return null;
    const text = `${this.#head}${formatTimestamp(atMs)}${this.#middle}${ownControlId}${this.#tail}${controlId}\r\x1c\r`;
    return Buffer.from(text, 'latin1');
  }
}

const isPrintableAscii = (text: string): boolean => /^[ -~]*$/.test(text);
