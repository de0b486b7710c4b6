import { BitHiveError } from '../../../core/errors.ts';
import { limits } from '../../../core/limits.ts';

/** An attribute as DICOM JSON has it; values of every VR are text here. */
interface ReadAttribute {
  readonly vr: string;
  readonly Value: (string | ReadDataset)[];
}

export interface ReadDataset {
  [tag: string]: ReadAttribute;
}

/**
 * Reads the Native DICOM Model (PS3.19 A.1) as far as answers of an archive hold it: attributes, values, items. No document type, no comments and no
 * entities but the five of XML, so there is nothing that grows; each character is looked at once. Throws BH_DICOM_SYNTAX, BH_DICOM_LIMIT (depth).
 */
export function readNativeDicomXml(text: string): ReadDataset {
  const reader = new Reader();
  let at = 0;
  for (;;) {
    const start = text.indexOf('<', at);
    if (start < 0) break;
    reader.text(text.slice(at, start));
    const end = text.indexOf('>', start);
    if (end < 0) throw new BitHiveError('BH_DICOM_SYNTAX', 'markup that does not end');
    const inside = text.slice(start + 1, end);
    const isDeclaration =
      inside.startsWith('?xml') && inside.endsWith('?') && text.slice(0, start).trim() === '';
    if (!isDeclaration) reader.markup(inside);
    at = end + 1;
  }
  return reader.end();
}

class Reader {
  readonly #root: ReadDataset = {};
  readonly #datasets: ReadDataset[] = [this.#root];
  readonly #attributes: ReadAttribute[] = [];
  readonly #open: string[] = [];
  #value: string | null = null;

  text(text: string): void {
    if (this.#value !== null) this.#value += unescapeXml(text);
  }

  /** What stands between the angle brackets. */
  markup(inside: string): void {
    const name = /^\/?(?:[A-Za-z_][\w.-]*:)?([A-Za-z_][\w.-]*)/.exec(inside)?.[1];
    if (name === undefined) throw new BitHiveError('BH_DICOM_SYNTAX', 'markup that is no element');
    const isClosing = inside.startsWith('/');
    if (!isClosing) this.#begin(name, inside);
    if (isClosing || inside.endsWith('/')) this.#end(name);
  }

  end(): ReadDataset {
    if (this.#open.length > 0)
      throw new BitHiveError('BH_DICOM_SYNTAX', `${this.#open.at(-1)} is not closed`);
    return this.#root;
  }

  #begin(name: string, inside: string): void {
    // An item of a sequence takes two elements, and its value a third.
    if (this.#open.length > limits.dicomDepthMax * 3)
      throw new BitHiveError('BH_DICOM_LIMIT', 'nested too deep');
    this.#open.push(name);
    if (name === 'DicomAttribute') this.#attributes.push(attributeIn(this.#datasets.at(-1), inside));
    if (name === 'Item') this.#datasets.push(itemIn(this.#attributes.at(-1)));
    if (name === 'Value') this.#value = '';
  }

  #end(name: string): void {
    if (this.#open.pop() !== name) throw new BitHiveError('BH_DICOM_SYNTAX', `${name} ends and is not open`);
    if (name === 'DicomAttribute') this.#attributes.pop();
    if (name === 'Item') this.#datasets.pop();
    if (name !== 'Value') return;
    this.#attributes.at(-1)?.Value.push(this.#value ?? '');
    this.#value = null;
  }
}

function attributeIn(dataset: ReadDataset | undefined, inside: string): ReadAttribute {
  const tag = /\btag\s*=\s*["']([0-9A-Fa-f]{8})["']/.exec(inside)?.[1]?.toUpperCase();
  const vr = /\bvr\s*=\s*["']([A-Z]{2})["']/.exec(inside)?.[1] ?? 'UN';
  if (tag === undefined || dataset === undefined)
    throw new BitHiveError('BH_DICOM_SYNTAX', 'an attribute without a tag');
  const attribute: ReadAttribute = { vr, Value: [] };
  dataset[tag] = attribute;
  return attribute;
}

function itemIn(attribute: ReadAttribute | undefined): ReadDataset {
  if (attribute === undefined) throw new BitHiveError('BH_DICOM_SYNTAX', 'an item outside of an attribute');
  const item: ReadDataset = {};
  attribute.Value.push(item);
  return item;
}

const entities: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

function unescapeXml(text: string): string {
  return text.replaceAll(/&(#x[0-9A-Fa-f]{1,6}|#\d{1,7}|\w{1,8});/g, (_whole, name: string) => {
    if (!name.startsWith('#')) return entities[name] ?? '\ufffd';
    const code = name[1] === 'x' ? Number.parseInt(name.slice(2), 16) : Number(name.slice(1));
    return code <= 0x10ffff ? String.fromCodePoint(code) : '\ufffd';
  });
}
