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
