import { acceptedMedia, isRange, notAcceptable } from './accepted-media.ts';

const octets = 'application/octet-stream';
const explicitLittleEndian = '1.2.840.10008.1.2.1';

/** Media types of encapsulated frames (PS3.18 8.7.3.3.2). */
const encodedTypes: Readonly<Record<string, string>> = {
  '1.2.840.10008.1.2.4.50': 'image/jpeg',
  '1.2.840.10008.1.2.4.51': 'image/jpeg',
  '1.2.840.10008.1.2.4.57': 'image/jpeg',
  '1.2.840.10008.1.2.4.70': 'image/jpeg',
  '1.2.840.10008.1.2.4.80': 'image/jls',
  '1.2.840.10008.1.2.4.81': 'image/jls',
  '1.2.840.10008.1.2.4.90': 'image/jp2',
  '1.2.840.10008.1.2.4.91': 'image/jp2',
  '1.2.840.10008.1.2.4.201': 'image/jphc',
  '1.2.840.10008.1.2.4.202': 'image/jphc',
  '1.2.840.10008.1.2.4.203': 'image/jphc',
  '1.2.840.10008.1.2.5': 'image/dicom-rle',
};

export interface FrameForm {
  /** As stored, or decoded to native little endian samples. */
  readonly isEncoded: boolean;
  /** Of the multipart body. */
  readonly rootType: string;
  /** Of each part. */
  readonly partType: string;
}

/**
 * In which form frames are answered. A client that takes any transfer syntax, or names the one in which the object is stored, gets its frames as
 * they are; one that names none, or explicit little endian, gets them decoded. Throws BH_HTTP_NOT_ACCEPTABLE.
 */
export function frameForm(
  accept: string | undefined,
  storedSyntax: string,
  isEncapsulated: boolean,
): FrameForm {
  const decoded = {
    isEncoded: false,
    rootType: octets,
    partType: `${octets}; transfer-syntax=${explicitLittleEndian}`,
  };
  const storedType = encodedTypes[storedSyntax] ?? octets;
  for (const { type, transferSyntax } of acceptedMedia(accept)) {
    const isStored = transferSyntax === '*' || transferSyntax === storedSyntax;
    if (isEncapsulated && isStored && (isRange(type, octets) || isRange(type, storedType))) {
      const rootType = isRange(type, storedType) ? storedType : octets;
      return { isEncoded: true, rootType, partType: `${rootType}; transfer-syntax=${storedSyntax}` };
    }
    if (isEncapsulated && transferSyntax === undefined && type === storedType && storedType !== octets) {
      return {
        isEncoded: true,
        rootType: storedType,
        partType: `${storedType}; transfer-syntax=${storedSyntax}`,
      };
    }
    const isNative =
      transferSyntax === undefined || transferSyntax === '*' || transferSyntax === explicitLittleEndian;
    if (isRange(type, octets) && isNative) return decoded;
  }
  throw notAcceptable(`multipart/related; type="${octets}", or "${storedType}" in ${storedSyntax}`);
}
