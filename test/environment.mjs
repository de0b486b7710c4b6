// Jest runs tests in a vm context whose typed arrays are not the host's. Native modules (onnxruntime-node) compare
// constructors, so the host's are handed in.
import { TestEnvironment } from 'jest-environment-node';

export default class HostArraysEnvironment extends TestEnvironment {
  async setup() {
    await super.setup();
    for (const name of [
      'ArrayBuffer',
      'SharedArrayBuffer',
      'Uint8Array',
      'Int8Array',
      'Uint16Array',
      'Int16Array',
      'Uint32Array',
      'Int32Array',
      'Float32Array',
      'Float64Array',
      'BigInt64Array',
      'BigUint64Array',
      'Uint8ClampedArray',
      'DataView',
    ]) {
      this.global[name] = globalThis[name];
    }
  }
}
