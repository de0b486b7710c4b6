import { request } from 'undici';
import { BitHiveError } from '../../core/errors.ts';

interface Coded {
  readonly code?: { readonly text?: string; readonly coding?: readonly { readonly display?: string }[] };
}

interface EhrObservation extends Coded {
  readonly id: string;
  readonly valueQuantity?: { readonly value?: number };
  readonly interpretation?: readonly { readonly coding?: readonly { readonly display?: string }[] }[];
}

export interface EhrReport {
  readonly id: string;
  readonly status: string;
  readonly conclusion?: string;
  readonly identifier?: readonly { readonly value?: string }[];
  readonly basedOn?: readonly {
    readonly reference?: string;
    readonly identifier?: { readonly value?: string };
  }[];
  readonly result?: readonly { readonly reference?: string }[];
}

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
    const orders = await this.#search<{ readonly id: string }>(
      'ServiceRequest',
      `identifier=${encodeURIComponent(accession)}`,
    );
    for (const order of orders) {
      const [report] = await this.#search<EhrReport>(
        'DiagnosticReport',
        `based-on=ServiceRequest/${order.id}`,
      );
      if (report) return this.#withFinding(report);
    }
    return null;
  }

  async #withFinding(report: EhrReport): Promise<ReadReport> {
    const reference = report.result?.[0]?.reference;
    if (reference === undefined) return { report, finding: report.conclusion ?? report.status };
    const observation = await this.#get<EhrObservation>(reference);
    const name = observation.code?.text ?? observation.code?.coding?.[0]?.display ?? 'finding';
    const verdict = observation.interpretation?.[0]?.coding?.[0]?.display;
    const finding = verdict === undefined ? name : `${name}: ${verdict.toLowerCase()}`;
    const probability = observation.valueQuantity?.value;
    return probability === undefined ? { report, finding } : { report, finding, probability };
  }

  async #search<T>(type: string, query: string): Promise<readonly T[]> {
    const bundle = await this.#get<{ readonly entry?: readonly { readonly resource: T }[] }>(
      `${type}?${query}`,
    );
    return (bundle.entry ?? []).map(({ resource }) => resource);
  }

  async #get<T>(path: string): Promise<T> {
    const answer = await request(`${this.#url}/${path}`, { headers: { accept: 'application/fhir+json' } });
    const body = await answer.body.text();
    if (answer.statusCode === 200) return JSON.parse(body) as T;
    throw new BitHiveError(
      'BH_DELIVERY_REFUSED',
      `the EHR answered ${answer.statusCode} to ${path.split('?')[0]}`,
    );
  }
}
