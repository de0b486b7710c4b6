/** The package ships no types; what the differential test uses of it. */
declare module 'hl7-standard' {
  export default class HL7 {
    constructor(text: string, options: { lineEndings: string });
    transform(done: (error: unknown) => void): void;
    get(path: string): unknown;
  }
}
