import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import * as z from 'zod';

/** Rows of one sheet that are not as the guide says, and why. */
const differenceSchema = z.strictObject({
  /** Keys of rows without the name of the sheet: `PV1-42 location.status`. */
  rows: z.array(z.string()).min(1),
  /** Where the value stands instead: `Encounter.location.status`; of a datatype, below the element that holds it. Absent: it is not carried. */
  at: z.string().optional(),
  /** The fixed value that stands there. */
  is: z.string().optional(),
  why: z.string().min(10),
});
const decidedSchema = z.strictObject({
  /** Texts that several sheets have in common, for YAML's aliases. */
  reasons: z.record(z.string(), z.string()).default({}),
  /** Sheets of which no row is taken. */
  none: z.record(z.string(), z.string().min(10)),
  rows: z.record(z.string(), z.array(differenceSchema)),
});

export interface Difference {
  readonly at?: string | undefined;
  readonly is?: string | undefined;
  readonly why: string;
}

export interface Decisions {
  /** By the key of the row, with the name of its sheet. */
  readonly rows: ReadonlyMap<string, Difference>;
  /** Why no row of a sheet is taken. */
  readonly none: ReadonlyMap<string, string>;
  /** Keys that stand twice. */
  readonly repeated: readonly string[];
}

/** The differences of this project from the guide: decided.yaml. */
export function readDecisions(): Decisions {
  const text = readFileSync(new URL('decided.yaml', import.meta.url), 'utf8');
  const { none, rows: sheets } = decidedSchema.parse(parse(text));
  const rows = new Map<string, Difference>();
  const repeated: string[] = [];
  for (const [sheet, differences] of Object.entries(sheets)) {
    for (const { rows: keys, at, is, why } of differences) {
      for (const key of keys) {
        if (rows.has(`${sheet} ${key}`)) repeated.push(`${sheet} ${key}`);
        rows.set(`${sheet} ${key}`, { at, is, why });
      }
    }
  }
  return { rows, none: new Map(Object.entries(none)), repeated };
}
