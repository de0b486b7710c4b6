interface WasmEncoder {
  getDecodedBuffer(frame: {
    width: number;
    height: number;
    bitsPerSample: number;
    componentCount: number;
    isSigned: boolean;
  }): Uint8Array;
  encode(): void;
  getEncodedBuffer(): Uint8Array;
  delete(): void;
}

declare module '@cornerstonejs/codec-charls/wasmjs' {
  export default function create(): Promise<{
    JpegLSEncoder: new () => WasmEncoder & { setInterleaveMode(mode: number): void };
  }>;
}

declare module '@cornerstonejs/codec-openjpeg/wasmjs' {
  export default function create(): Promise<{
    J2KEncoder: new () => WasmEncoder & {
      setQuality(isReversible: boolean, quantization: number): void;
      setDecompositions(count: number): void;
    };
  }>;
}
