/** How a transfer syntax writes the data set and, where it is encapsulated, which codec its frames need (PS3.5 A, 10). */
export interface TransferSyntax {
  readonly uid: string;
  readonly isImplicit: boolean;
  readonly isBigEndian: boolean;
  readonly isDeflated: boolean;
  /** `native`: samples as they are. Undefined: encapsulated in a codec that this engine does not have. */
  readonly codec?:
    | 'native'
    | 'rle'
    | 'jpeg-dct'
    | 'jpeg-lossless'
    | 'jpeg-ls'
    | 'jpeg-2000'
    | 'htj2k'
    | 'deflated-frame';
}

type Codec = NonNullable<TransferSyntax['codec']>;

export const implicitLittleEndian = '1.2.840.10008.1.2';
export const explicitLittleEndian = '1.2.840.10008.1.2.1';
export const explicitBigEndian = '1.2.840.10008.1.2.2';
export const deflatedExplicitLittleEndian = '1.2.840.10008.1.2.1.99';

const explicit = (uid: string, codec?: Codec): TransferSyntax => ({
  uid,
  isImplicit: false,
  isBigEndian: false,
  isDeflated: false,
  ...(codec && { codec }),
});

const known = new Map(
  [
    { ...explicit(implicitLittleEndian, 'native'), isImplicit: true },
    explicit(explicitLittleEndian, 'native'),
    { ...explicit(explicitBigEndian, 'native'), isBigEndian: true },
    { ...explicit(deflatedExplicitLittleEndian, 'native'), isDeflated: true },
    explicit('1.2.840.10008.1.2.5', 'rle'),
    explicit('1.2.840.10008.1.2.4.50', 'jpeg-dct'),
    explicit('1.2.840.10008.1.2.4.51', 'jpeg-dct'),
    explicit('1.2.840.10008.1.2.4.57', 'jpeg-lossless'),
    explicit('1.2.840.10008.1.2.4.70', 'jpeg-lossless'),
    explicit('1.2.840.10008.1.2.4.80', 'jpeg-ls'),
    explicit('1.2.840.10008.1.2.4.81', 'jpeg-ls'),
    explicit('1.2.840.10008.1.2.4.90', 'jpeg-2000'),
    explicit('1.2.840.10008.1.2.4.91', 'jpeg-2000'),
    explicit('1.2.840.10008.1.2.4.201', 'htj2k'),
    explicit('1.2.840.10008.1.2.4.202', 'htj2k'),
    explicit('1.2.840.10008.1.2.4.203', 'htj2k'),
    explicit('1.2.840.10008.1.2.8.1', 'deflated-frame'),
  ].map((syntax) => [syntax.uid, syntax]),
);

/** Every syntax not listed is explicit little endian with encapsulated frames (PS3.5 A.4). */
export function transferSyntax(uid: string): TransferSyntax {
  return known.get(uid) ?? explicit(uid);
}
