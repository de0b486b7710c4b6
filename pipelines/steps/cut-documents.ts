import { assert } from '../../core/assert.ts';
import { type CutDocument, fhirBinaryContentType } from '../../core/document.ts';
import type { Hl7Message } from '../../formats/hl7v2/index.ts';
import { nameUuid } from '../../mappings/identity/uuid.ts';
import type { Bundle, FhirObject, FhirValue } from '../../mappings/index.ts';
import type { Product } from '../process/step.ts';

const binaryUuid = nameUuid('6f6a3c1e-6d5b-5d0c-9a39-5f2c7b1a9e44');

/**
 * Puts the address of a Binary in the place of the data of each Attachment that was cut out of the message, with its size and hash, and gives the Binaries as
 * products of their own, which are delivered before the Bundle. Their ids follow from the sender, the control id and the content: the message
 * sent again writes the same ones.
 */
export function deliverDocuments(
  bundles: readonly Bundle[],
  documents: ReadonlyMap<string, CutDocument>,
  message: Hl7Message,
  common: Pick<Product, 'keys' | 'priority'>,
): readonly Product[] {
  const header = message.first('MSH');
  const products = new Map<string, Product>();
  const visit = (value: FhirValue): void => {
    if (typeof value !== 'object') return;
    const data = Array.isArray(value) ? undefined : value.data;
    const document = typeof data === 'string' ? documents.get(data) : undefined;
    if (document === undefined || Array.isArray(value)) {
      for (const inner of Object.values(value)) visit(inner);
      return;
    }
    const names = [header?.value(3), header?.value(4), header?.value(10), document.hash];
    const url = `Binary/${binaryUuid(...names.map((name) => name ?? ''))}`;
    const mediaType = typeof value.contentType === 'string' ? value.contentType : 'application/octet-stream';
    referTo(value, url, document);
    products.set(url, {
      contentType: fhirBinaryContentType,
      bytes: new Uint8Array(0),
      blob: { hash: document.hash, bytesCount: document.bytesCount },
      facts: { method: 'PUT', url, mediaType },
      ...common,
    });
  };
  for (const { entry } of bundles) for (const { resource } of entry) visit(resource);
  return [...products.values()];
}

function referTo(attachment: FhirObject, url: string, { bytesCount, sha1 }: CutDocument): void {
  assert(!Object.isFrozen(attachment), 'an attachment is made anew for each message');
  delete attachment.data;
  attachment.url = url;
  attachment.size = bytesCount;
  attachment.hash = sha1;
}
