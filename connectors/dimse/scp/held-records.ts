/** What the engine knows durably, as the services of the node ask for it. */
export interface HeldRecords {
  /** Whether an instance was accepted and its bytes are there. */
  holds(sopInstanceUid: string): Promise<boolean>;
  /** The studies of a modality's procedure step, with the last status that was heard; none for a step that is not known. */
  studiesOfStep(stepUid: string): Promise<readonly StepRecord[]>;
}

export interface StepRecord {
  readonly studyInstanceUid: string;
  readonly status: string;
}
