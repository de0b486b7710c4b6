/** A value of a FHIR element while a resource is built. */
export type FhirValue = string | number | boolean | FhirObject | FhirValue[];
export interface FhirObject {
  [name: string]: FhirValue;
}
export interface Resource extends FhirObject {
  resourceType: string;
}
export interface Identifier {
  readonly system: string;
  readonly value: string;
}

export interface BundleEntry {
  /** `urn:uuid:` of a UUID v5 over the key parts. */
  readonly fullUrl: string;
  readonly resource: Resource;
  readonly request: {
    readonly method: 'PUT' | 'POST' | 'PATCH';
    readonly url: string;
    readonly ifNoneExist?: string;
    /** Of a PATCH, until `splitPatched` makes it: the elements that the message tells of. */
    readonly patched?: readonly string[];
  };
}

export interface Bundle {
  readonly resourceType: 'Bundle';
  readonly type: 'transaction';
  /** From the message, never the clock of the run. */
  readonly timestamp?: string;
  readonly entry: readonly BundleEntry[];
}

export function isObject(value: FhirValue | undefined): value is FhirObject {
  return typeof value === 'object' && !Array.isArray(value);
}
