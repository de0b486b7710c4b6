import { z } from 'zod';

/** One data set of DICOM JSON (PS3.18 F) as an archive answers it: tags to attributes, each read when it is asked for. */
export type DicomJsonDataset = Readonly<Record<string, unknown>>;

export const datasets = z.array(z.record(z.string(), z.unknown()));

const attribute = z.object({ Value: z.array(z.unknown()) });
const personName = z.object({ Alphabetic: z.string() });

/** The values of an attribute as text, in their order; what is no text and no number is left out. */
export function textsAt(dataset: DicomJsonDataset, tag: string): readonly string[] {
  const found = attribute.safeParse(dataset[tag]);
  return (found.data?.Value ?? []).flatMap((value) => {
    if (typeof value === 'string' || typeof value === 'number') return [String(value).trim()];
    const name = personName.safeParse(value);
    return name.success ? [name.data.Alphabetic.trim()] : [];
  });
}

/** The first value; undefined where the attribute is absent or empty. */
export const textAt = (dataset: DicomJsonDataset, tag: string): string | undefined =>
  textsAt(dataset, tag)[0] || undefined;
