/** Something that a map could not carry as sent. The message goes on without it. */
export interface MapIssue {
  readonly severity: 'error' | 'warning' | 'information';
  /** FHIR IssueType: `value`, `code-invalid`, `required`, `deleted`, `duplicate`, `not-supported`. */
  readonly code: 'value' | 'code-invalid' | 'required' | 'deleted' | 'duplicate' | 'not-supported';
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
  /** `Patient.name[0].family` */
  readonly output: string;
  readonly row: string;
  readonly input: string;
}
