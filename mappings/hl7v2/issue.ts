/** Something that a map could not carry as sent. The message goes on without it. */
export interface MapIssue {
  readonly severity: 'error' | 'warning' | 'information';
  /** FHIR IssueType: `value`, `code-invalid`, `required`, `deleted`, `duplicate`, `not-supported`, `too-long`. */
  readonly code:
    | 'value'
    | 'code-invalid'
    | 'required'
    | 'deleted'
    | 'duplicate'
    | 'not-supported'
    | 'too-long';
  /** HL7 path of the value: `PID-7`. */
  readonly path: string;
  /** Id of the row that read it. */
  readonly row: string;
  readonly text: string;
}

/** A valued leaf that no row took. */
export interface Residue {
  readonly path: string;
  /** At most 200 characters of it. */
  readonly value: string;
}

/** Where one output element came from. */
export interface Explanation {
  /** fullUrl of the resource. */
  readonly resource: string;
  /** `Patient.name[0].family` */
  readonly output: string;
  /** Id of the row, or the name of the resource in the message file for what no row wrote: links, keys, defaults. */
  readonly row: string;
  /** HL7 path of what was read: `PID-5[2].1.1`; '' for a fixed value. */
  readonly input: string;
  /** Where the row stands: `types/xpn.humanname.yaml:5`. */
  readonly file: string;
}
