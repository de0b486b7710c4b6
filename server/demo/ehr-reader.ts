import { request } from 'undici';
import { z } from 'zod';
import { BitHiveError } from '../../core/errors.ts';
import { jsonText } from './json-text.ts';

const reference = z.object({
  reference: z.string().optional(),
  identifier: z.object({ value: z.string().optional() }).optional(),
});
const coded = z.object({
  text: z.string().optional(),
  coding: z.array(z.object({ display: z.string().optional() })).optional(),
});
const order = z.object({ id: z.string() });
const observationShape = z.object({
  code: coded.optional(),
  valueQuantity: z.object({ value: z.number().optional() }).optional(),
  interpretation: z.array(coded).optional(),
});
const reportShape = z.object({
  id: z.string(),
  status: z.string(),
  conclusion: z.string().optional(),
  basedOn: z.array(reference).optional(),
  result: z.array(reference).optional(),
});

export type EhrReport = z.infer<typeof reportShape>;

/** A report as the EHR gives it back. */
export interface ReadReport {
  readonly report: EhrReport;
  readonly finding: string;
  /** undefined when the model refused. */
  readonly probability?: number;
}

/** The physician's side of the demo: reads what arrived in the EHR, over its own FHIR API. */
export class EhrReader {
  readonly #url: string;

  constructor(url: string) {
    this.#url = url;
  }

  /** The report of an accession number: found over its ServiceRequest; null while it is not there. */
  async reportOf(accession: string): Promise<ReadReport | null> {
    const identifier = `identifier=${encodeURIComponent(accession)}`;
    for (const { id } of await this.#search('ServiceRequest', identifier, order)) {
      const basedOn = `based-on=ServiceRequest/${id}`;
      const [report] = await this.#search('DiagnosticReport', basedOn, reportShape);
      if (report) return this.#withFinding(report);
    }
    return null;
  }

  async #withFinding(report: EhrReport): Promise<ReadReport> {
    const reference = report.result?.[0]?.reference;
    if (reference === undefined) return { report, finding: report.conclusion ?? report.status };
    const observation = await this.#get(reference, observationShape);
    const name = observation.code?.text ?? observation.code?.coding?.[0]?.display ?? 'finding';
    const verdict = observation.interpretation?.[0]?.coding?.[0]?.display;
    const finding = verdict === undefined ? name : `${name}: ${verdict.toLowerCase()}`;
    const probability = observation.valueQuantity?.value;
    return probability === undefined ? { report, finding } : { report, finding, probability };
  }

  async #search<T>(type: string, query: string, shape: z.ZodType<T>): Promise<readonly T[]> {
    const bundle = z.object({ entry: z.array(z.object({ resource: shape })).default([]) });
    return (await this.#get(`${type}?${query}`, bundle)).entry.map(({ resource }) => resource);
  }

  async #get<T>(path: string, shape: z.ZodType<T>): Promise<T> {
    const answer = await request(`${this.#url}/${path}`, { headers: { accept: 'application/fhir+json' } });
    const asked = path.split('?')[0];
    if (answer.statusCode !== 200) {
      await answer.body.dump();
      throw new BitHiveError('BH_DELIVERY_REFUSED', `the EHR answered ${answer.statusCode} to ${asked}`);
    }
    const body = jsonText.pipe(shape).safeParse(await answer.body.text());
    if (body.success) return body.data;
    throw new BitHiveError('BH_FHIR_INVALID', `${asked} at the EHR: ${z.prettifyError(body.error)}`);
  }
}
