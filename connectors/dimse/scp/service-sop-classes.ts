/** Verification (PS3.4 A.4). */
export const verification = '1.2.840.10008.1.1';

/** SOP classes that are no storage and that the engine serves. */
export const serviceSopClasses: ReadonlySet<string> = new Set([verification]);
