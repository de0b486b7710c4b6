import { z } from 'zod';
import type { Condition } from '../../mappings/index.ts';
import type { AssemblySettings } from '../study/study-state.ts';
import type { StudySubject } from '../study/study-subject.ts';

const dayMs = 86_400_000;

export interface Assembly extends AssemblySettings {
  /** Destination that is asked how many instances the archive holds. */
  readonly countFrom?: string;
  readonly expect?: Condition<StudySubject>;
}

export const assembleSettings = z
  .strictObject({
    quietMs: z.number().int().min(1).max(86_400_000).default(5_000),
    forcedMs: z
      .number()
      .int()
      .min(1)
      .max(7 * 86_400_000)
      .default(5_400_000),
    /** A late instance joins the others of its study for this long. Their bodies stay as long, whatever the retention of messages. */
    forgetDays: z.number().int().min(1).max(3_650).default(30),
    countFrom: z.string().min(1).exactOptional(),
    countWaitMs: z.number().int().min(1).max(3_600_000).default(30_000),
    /** A condition about the study, for example `count(series where Modality = CT) >= 2`: silence before it holds is a pause. */
    expect: z.string().min(1).exactOptional(),
    /** Without an accession number that is known, an order of the patient, of the modality and of these hours is proposed, or linked. */
    proposals: z
      .strictObject({
        withinHours: z
          .number()
          .positive()
          .max(24 * 31)
          .default(48),
        link: z.boolean().default(false),
      })
      .exactOptional(),
  })
  .transform(({ forgetDays, countWaitMs, ...given }) => ({
    ...given,
    forgetMs: forgetDays * dayMs,
    ...(given.countFrom === undefined ? {} : { countWaitMs }),
  }));

export type AssembleSettings = z.output<typeof assembleSettings>;
