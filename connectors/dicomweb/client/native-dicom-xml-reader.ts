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

/** Markup, or the text before the next one. Attributes of an element hold no `>` in this model. */
const token = /<(\/?)([A-Za-z_][\w.:-]*)([^<>]*?)(\/?)>|<\?[^>]*\?>|<!--[\s\S]*?-->|[^<]+|</g;

/**
 * Reads the Native DICOM Model (PS3.19 A.1) as far as answers of an archive hold it: attributes, values, items. No document type, no
 * entities but the five of XML, so there is nothing that grows. Throws BH_DICOM_SYNTAX, BH_DICOM_LIMIT (depth).
 */
export function readNativeDicomXml(text: string): ReadDataset {
  const root: ReadDataset = {};
  const datasets: ReadDataset[] = [root];
  const attributes: ReadAttribute[] = [];
  const open: string[] = [];
  let value: string | null = null;
  for (const [whole, close, qualified, inside = '', selfClose] of text.matchAll(token)) {
    if (qualified === undefined) {
      if (whole === '<') throw new BitHiveError('BH_DICOM_SYNTAX', 'markup that is no element');
      if (value !== null && !whole.startsWith('<')) value += unescapeXml(whole);
      continue;
    }
    const name = qualified.replace(/^.*:/, '');
    if (close !== '/') {
      if (open.length > limits.dicomDepthMax * 3) throw new BitHiveError('BH_DICOM_LIMIT', 'nested too deep');
      open.push(name);
      if (name === 'DicomAttribute') attributes.push(attributeIn(datasets.at(-1), inside));
      if (name === 'Item') datasets.push(itemIn(attributes.at(-1)));
      if (name === 'Value') value = '';
    }
    if (close === '/' || selfClose === '/') {
      if (open.pop() !== name) throw new BitHiveError('BH_DICOM_SYNTAX', `${name} ends and is not open`);
      if (name === 'DicomAttribute') attributes.pop();
      if (name === 'Item') datasets.pop();
      if (name === 'Value') {
        attributes.at(-1)?.Value.push(value ?? '');
        value = null;
      }
    }
  }
  if (open.length > 0) throw new BitHiveError('BH_DICOM_SYNTAX', `${open.at(-1)} is not closed`);
  return root;
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
