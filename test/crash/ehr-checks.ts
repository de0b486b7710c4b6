import type { Hl7Ledger } from './hl7-senders.ts';
import type { StowLedger } from './stow-senders.ts';

interface Resource {
  readonly id: string;
  readonly imagingStudy?: readonly { readonly reference: string }[];
  readonly name?: readonly { readonly given?: readonly string[] }[];
}

interface Bundle {
  readonly entry?: readonly { readonly resource?: Resource }[];
}

export interface EhrFindings {
  /** Patients or reports that the EHR holds twice. */
  readonly doubled: readonly string[];
  /** Patients whose versions went back in time. */
  readonly outOfOrder: readonly string[];
  /** What was acknowledged and is not (or not in its last state) at the EHR. */
  readonly missing: readonly string[];
  readonly patients: number;
  readonly reports: number;
}

/** What the EHR ended up with, against what the engine acknowledged. */
export async function checkEhr(
  url: string,
  hl7: Hl7Ledger,
  images: readonly StowLedger[],
): Promise<EhrFindings> {
  const doubled: string[] = [];
  const outOfOrder: string[] = [];
  const missing: string[] = [];
  const last = lastAcknowledged(hl7);
  for (const [patient, sequence] of last) {
    const found = await search(url, `Patient?identifier=${patient}`);
    if (found.length > 1) doubled.push(`Patient ${patient}`);
    const steps = found[0] ? await sequencesOf(url, found[0].id) : [];
    if (steps.some((step, at) => at > 0 && step < (steps[at - 1] ?? 0)))
      outOfOrder.push(`${patient}: ${steps.join(' ')}`);
    if ((steps.at(-1) ?? 0) < sequence) missing.push(`${patient} S${sequence}`);
  }
  const studies = new Set(
    images.flatMap(({ acknowledged }) =>
      [...acknowledged.values()].map(({ studyInstanceUid }) => studyInstanceUid),
    ),
  );
  const reportCounts = await reportsByStudy(url);
  for (const study of studies) {
    const found = await search(url, `ImagingStudy?identifier=urn:oid:${study}`);
    if (found.length > 1) doubled.push(`ImagingStudy ${study}`);
    const reports = found[0] ? (reportCounts.get(`ImagingStudy/${found[0].id}`) ?? 0) : 0;
    if (reports === 0) missing.push(`report of ${study}`);
    if (reports > 1) doubled.push(`report of ${study}`);
  }
  return { doubled, outOfOrder, missing, patients: last.size, reports: studies.size };
}

function lastAcknowledged(hl7: Hl7Ledger): ReadonlyMap<string, number> {
  const last = new Map<string, number>();
  for (const { patient, sequence } of hl7.acknowledged.values()) {
    last.set(patient, Math.max(sequence, last.get(patient) ?? 0));
  }
  return last;
}

/** The sequence numbers that a patient's versions carried, oldest first. */
async function sequencesOf(url: string, id: string): Promise<readonly number[]> {
  const history = await search(url, `Patient/${id}/_history?_count=10000`);
  const given = history.map(({ name }) => Number((name?.[0]?.given?.[0] ?? 'S0').slice(1)));
  return given.reverse();
}

/** How many reports each ImagingStudy has; R4 has no search parameter for it. */
async function reportsByStudy(url: string): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>();
  for (const { imagingStudy = [] } of await search(url, 'DiagnosticReport?_count=10000')) {
    for (const { reference } of imagingStudy) counts.set(reference, (counts.get(reference) ?? 0) + 1);
  }
  return counts;
}

async function search(url: string, query: string): Promise<readonly Resource[]> {
  const answer = await fetch(`${url}/${query}`, { headers: { accept: 'application/fhir+json' } });
  if (!answer.ok) throw new TypeError(`${query}: ${answer.status} ${await answer.text()}`);
  const { entry = [] } = (await answer.json()) as Bundle;
  return entry.flatMap(({ resource }) => (resource ? [resource] : []));
}
