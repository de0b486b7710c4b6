import * as z from 'zod';

const scalar = z.union([z.string(), z.number(), z.boolean()]);

/** `NAME.yaml` beside `NAME.hl7`: what must be true of the Bundle of that message. */
export const caseSchema = z.strictObject({
  /** What the case is about. */
  about: z.string().optional(),
  /** How many resources of a type there are; 0: none. */
  resources: z.record(z.string().regex(/^[A-Z][A-Za-z]+$/), z.number().int().min(0)).default({}),
  /**
   * Path to value: `Patient.birthDate`, `Observation[2].valueQuantity.value` (the third Observation), `Patient.name[0].given`. Without a number every resource of
   * the type and every item of a list is looked at, and one must have the value. A list of values: exactly these, in this order.
   */
  facts: z.record(z.string(), z.union([scalar, z.array(scalar)])).default({}),
  /** Paths at which nothing may be. */
  absent: z.array(z.string()).default([]),
  /** HL7 paths, or beginnings of them (`PV1`, `PID-11`), of which nothing may be left over. `all`: nothing of the message. */
  noResidue: z.union([z.literal('all'), z.array(z.string())]).default([]),
  /** HL7 paths of which something is left over, because no row takes it on purpose. */
  residue: z.array(z.string()).default([]),
  /** HL7 paths of which an issue tells. `none`: there is no warning and no error. */
  issues: z.union([z.literal('none'), z.array(z.string())]).default([]),
});
export type CaseFacts = z.output<typeof caseSchema>;
