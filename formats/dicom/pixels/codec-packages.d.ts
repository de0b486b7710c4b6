// The codec packages ship no types. What is used of them:

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
    readonly HEAPU8: Uint8Array;
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
    readonly HEAPU8: Uint8Array;
  }
  export default function createOpenJpeg(options: object): Promise<OpenJpegModule>;
}

declare module '@cornerstonejs/codec-openjph/wasmjs' {
  interface Htj2kDecoder {
    getEncodedBuffer(length: number): Uint8Array;
    getDecodedBuffer(): Uint8Array;
    decode(): void;
    /** Empty when all went well. */
    getLastErrorMessage(): string;
    delete(): void;
  }
  /** For tests. */
  interface Htj2kEncoder {
    getDecodedBuffer(frame: {
      width: number;
      height: number;
      bitsPerSample: number;
      componentCount: number;
      isSigned: boolean;
      isUsingColorTransform: boolean;
    }): Uint8Array;
    setQuality(isReversible: boolean, quantization: number): void;
    setProgressionOrder(order: number): void;
    setTileSize(size: { width: number; height: number }): void;
    encode(): void;
    getEncodedBuffer(): Uint8Array;
    delete(): void;
  }
  export interface OpenJphModule {
    HTJ2KDecoder: new () => Htj2kDecoder;
    HTJ2KEncoder: new () => Htj2kEncoder;
    readonly HEAPU8: Uint8Array;
  }
  export default function createOpenJph(options: object): Promise<OpenJphModule>;
}
