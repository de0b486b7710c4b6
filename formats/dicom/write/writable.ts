/**
 * A data set to be written: group * 65536 + element, to VR and value. Unlike `DicomDataset` it holds decoded values, so that a part of
 * it can be replaced.
 */
export type WritableDataset = ReadonlyMap<number, WritableElement>;

/**
 * One element. Values by VR: text VRs take strings (DS and IS also numbers), numeric VRs numbers, SQ items; every VR takes bytes, which are
 * written as they are (little endian). The writer pads to even length.
 */
export interface WritableElement {
  readonly vr: string;
  readonly value:
    | readonly string[]
    | readonly number[]
    | Uint8Array
    | readonly WritableDataset[]
    | EncapsulatedPixels;
}

/** Encapsulated pixel data (PS3.5 A.4): the basic offset table, which may be empty, then the fragments. */
export interface EncapsulatedPixels {
  readonly fragments: readonly Uint8Array[];
}
