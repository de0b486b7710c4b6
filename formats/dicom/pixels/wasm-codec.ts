import { pixelsError } from './pixels-error.ts';

/**
 * What Emscripten prints goes nowhere: a codec's text says nothing that the refusal does not. A new object each time, since it
 * becomes the module and can be one only once.
 */
const silent = () => ({ print() {}, printErr() {} });

/** A heap never shrinks; one that a large image has blown up is given back with its module. */
const heapBytesKept = 256 * 1024 * 1024;
/** A C++ exception unwinds cleanly but leaks its few bytes. */
const exceptionsMax = 1000;

/**
 * Runs a codec that is compiled to WebAssembly. One module serves all frames. A C++ exception leaves it usable; after an abort or a
 * trap its heap is in an unknown state and it is thrown away. Every failure is BH_DICOM_PIXELS.
 */
export function wasmCodec<Module extends { readonly HEAPU8: Uint8Array }>(
  name: string,
  create: (options: object) => Promise<Module>,
) {
  let loading: Promise<Module> | undefined;
  let exceptionsCount = 0;
  const drop = (mine: Promise<Module>): void => {
    if (loading === mine) loading = undefined;
    exceptionsCount = 0;
  };
  return async (decode: (module: Module) => Uint8Array): Promise<Uint8Array> => {
    loading ??= create(silent());
    const mine = loading;
    try {
      const module = await mine;
      const bytes = decode(module);
      if (module.HEAPU8.length > heapBytesKept) drop(mine);
      return bytes;
    } catch (error) {
      exceptionsCount += 1;
      if (!isCppException(error) || exceptionsCount >= exceptionsMax) drop(mine);
      throw pixelsError(`the ${name} stream cannot be decoded`, error);
    }
  };
}

/** Emscripten throws the address of the exception, or an object that holds it. */
function isCppException(error: unknown): boolean {
  return typeof error === 'number' || (typeof error === 'object' && error !== null && 'excPtr' in error);
}
