// The codec packages ship no types (jpeg-lossless-decoder-js names a file that is not in its archive). What is used of them:

declare module '@cornerstonejs/codec-charls/decodewasmjs' {
  interface JpegLsDecoder {
    getEncodedBuffer(length: number): Uint8Array;
    getDecodedBuffer(): Uint8Array;
    decode(): void;
    getFrameInfo(): { width: number; height: number; bitsPerSample: number; componentCount: number };
    /** 0: one component after the other; 1: by line; 2: by sample. */
    getInterleaveMode(): number;
    delete(): void;
  }
  export interface CharLsModule {
    JpegLSDecoder: new () => JpegLsDecoder;
  }
  export default function createCharLs(options: object): Promise<CharLsModule>;
}

declare module '@cornerstonejs/codec-openjpeg/decodewasmjs' {
  interface J2kDecoder {
    getEncodedBuffer(length: number): Uint8Array;
    getDecodedBuffer(): Uint8Array;
    decode(): void;
    getFrameInfo(): {
      width: number;
      height: number;
      bitsPerSample: number;
      componentCount: number;
      isSigned: boolean;
    };
    delete(): void;
  }
  export interface OpenJpegModule {
    J2KDecoder: new () => J2kDecoder;
  }
  export default function createOpenJpeg(options: object): Promise<OpenJpegModule>;
}

declare module 'jpeg-lossless-decoder-js' {
  class Decoder {
    constructor(buffer: ArrayBuffer | null, bytesPerSample: number);
    stream: { index: number } | null;
    decode(buffer: ArrayBufferLike, offset: number, length: number): Uint8Array | Uint16Array;
  }
  const lossless: { Decoder: typeof Decoder };
  export default lossless;
}
