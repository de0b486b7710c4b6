import { pixelsError } from './pixels-error.ts';

/** What Emscripten prints goes nowhere: a codec's text says nothing that the refusal does not. */
const silent = { print() {}, printErr() {} };

/**
 * Runs a codec that is compiled to WebAssembly. One module serves all frames; after any failure it is thrown away, because an
 * abort or a C++ exception leaves its heap in an unknown state. Every failure is BH_DICOM_PIXELS.
 */
export function wasmCodec<Module>(name: string, create: (options: object) => Promise<Module>) {
  let loading: Promise<Module> | undefined;
  return async (decode: (module: Module) => Uint8Array): Promise<Uint8Array> => {
    loading ??= create(silent);
    const mine = loading;
    try {
      return decode(await mine);
    } catch (error) {
      if (loading === mine) loading = undefined;
      throw pixelsError(`the ${name} stream cannot be decoded`, error);
    }
  };
}
