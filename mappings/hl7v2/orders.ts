import type { OrderFacts, Urgency } from '../../core/order.ts';
import type { Hl7Segment } from '../../formats/hl7v2/index.ts';
import type { FhirObject, Resource } from '../bundle/bundle.ts';
import type { Groups } from './compiler/grouping.ts';
import type { Made, MadeResources } from './compiler/made-resources.ts';
import type { Run } from './run.ts';
import { clean } from './values/value-type.ts';

/**
 * What later messages need of each imaging order. The accession number is IPC-1 (OMI), else OBR-18 (IHE Scheduled Workflow), else the filler's
 * number, else the placer's: a site without its own accession numbers uses one of these.
 */
export function ordersOf(run: Run, made: MadeResources, groups: Groups | undefined): readonly OrderFacts[] {
  if (groups === undefined) return [];
  const orders: OrderFacts[] = [];
  for (const one of made.list) {
    // What a result refers to is no order of its own.
    if (one.resource.resourceType !== 'ServiceRequest' || one.spec.write !== 'update') continue;
    const order = orderOf(run, made, one, groups);
    if (order !== undefined) orders.push(order);
  }
  return orders;
}

function orderOf(run: Run, made: MadeResources, one: Made, groups: Groups): OrderFacts | undefined {
  const own = groups.members(one.frame.group);
  const read = (name: string, field: number, component = 1): string => firstText(own, name, field, component);
  const placer = read('ORC', 2) || read('OBR', 2);
  const filler = read('ORC', 3) || read('OBR', 3);
  const accessionNumber = read('IPC', 1) || read('OBR', 18) || filler || placer;
  if (accessionNumber === '') {
    run.row = 'order';
    run.issue(
      'warning',
      'required',
      'OBR-18',
      'the order has no accession, filler or placer number; images cannot be joined to it',
    );
    return undefined;
  }
  const patient = patientOf(made, one);
  const others = otherIdsOf(patient);
  const modality = modalityOf(read('IPC', 5), read('OBR', 24));
  const studyInstanceUid = studyUidOf(one.resource);
  const procedure = procedureOf(one.resource);
  const issuer = read('IPC', 1) === accessionNumber ? read('IPC', 1, 2) || read('IPC', 1, 3) : '';
  const status = statusOf(one.resource.status);
  const plannedAtMs = Date.parse(String(one.resource.occurrenceDateTime ?? one.resource.authoredOn));
  return {
    accessionNumber,
    ...(issuer === '' ? {} : { accessionIssuer: issuer }),
    ...(status === undefined ? {} : { status }),
    ...(placer === '' ? {} : { placerOrderNumber: placer }),
    ...(filler === '' ? {} : { fillerOrderNumber: filler }),
    patientId: patient?.identifier.value ?? '',
    ...(patient === undefined ? {} : { patientIdSystem: patient.identifier.system }),
    ...(others.length === 0 ? {} : { otherPatientIds: others }),
    ...(patient === undefined ? {} : demographicsOf(patient.resource)),
    urgency: urgencyOf(one.resource.priority),
    ...(modality === undefined ? {} : { modality }),
    ...(studyInstanceUid === undefined ? {} : { studyInstanceUid }),
    ...(procedure === undefined ? {} : { procedure }),
    ...(Number.isNaN(plannedAtMs) ? {} : { plannedAtMs }),
    messageId: run.context.messageId ?? 0,
    identifiers: identifiersOf(one),
  };
}

function statusOf(status: unknown): OrderFacts['status'] {
  if (status === 'completed') return 'completed';
  return status === 'revoked' || status === 'entered-in-error' ? 'cancelled' : undefined;
}

const sexes: { readonly [gender: string]: string } = { male: 'M', female: 'F', other: 'O' };

/** As the images of the patient would have it. */
function demographicsOf(
  patient: Resource,
): Pick<OrderFacts, 'patientName' | 'patientBirthDate' | 'patientSex'> {
  const [name] = (patient.name as FhirObject[] | undefined) ?? [];
  const given = (name?.given as string[] | undefined) ?? [];
  const text = [name?.family, given.join(' ')].filter((part) => part).join('^');
  const born = typeof patient.birthDate === 'string' ? patient.birthDate.replaceAll('-', '') : '';
  const sex = sexes[String(patient.gender)];
  return {
    ...(text === '' ? {} : { patientName: text }),
    ...(born.length === 8 ? { patientBirthDate: born } : {}),
    ...(sex === undefined ? {} : { patientSex: sex }),
  };
}

function patientOf(made: MadeResources, { resource }: Made): Made | undefined {
  const { reference } = (resource.subject ?? {}) as FhirObject;
  return made.list.find(
    ({ fullUrl, resource: { resourceType } }) => resourceType === 'Patient' && fullUrl === reference,
  );
}

function firstText(segments: readonly Hl7Segment[], name: string, field: number, component: number): string {
  for (const segment of segments) {
    if (segment.name !== name) continue;
    const text = clean(segment.get(field, 1, component));
    if (text !== '' && text !== '""') return text;
  }
  return '';
}

const modalities = new Set(
  'AR AU BDUS BI BMD CR CT DG DX ECG EPS ES GM HC HD IO IVOCT IVUS LS MG MR NM OCT OP OPT PT PX RF RG RTIMAGE SM TG US XA XC'.split(
    ' ',
  ),
);

/** IPC-5 is a DICOM modality; OBR-24 (table 0074) is one only where the codes happen to agree. */
function modalityOf(requested: string, section: string): string | undefined {
  if (requested !== '') return requested;
  if (section === 'NMR') return 'MR';
  if (section === 'RUS') return 'US';
  return modalities.has(section) ? section : undefined;
}

const urgencyOf = (priority: unknown): Urgency =>
  priority === 'stat' ? 'stat' : priority === 'urgent' || priority === 'asap' ? 'urgent' : 'routine';

function studyUidOf(resource: Resource): string | undefined {
  const identifiers = (resource.identifier as FhirObject[] | undefined) ?? [];
  const found = identifiers.find((one) => one.system === 'urn:dicom:uid')?.value;
  return typeof found === 'string' ? found.slice('urn:oid:'.length) : undefined;
}

function procedureOf(resource: Resource): OrderFacts['procedure'] {
  const concept = resource.code as FhirObject | undefined;
  const coding = (concept?.coding as FhirObject[] | undefined)?.[0];
  const text = typeof concept?.text === 'string' ? concept.text : '';
  if (coding === undefined) return text === '' ? undefined : { code: '', display: text };
  const { code, display, system } = coding as { code: string; display?: string; system?: string };
  return { code, display: display ?? text, ...(system === undefined ? {} : { system }) };
}

/** What the patient is also known by, but for the id that they are written under. */
function otherIdsOf(patient: Made | undefined): readonly string[] {
  const identifiers = (patient?.resource.identifier as FhirObject[] | undefined) ?? [];
  const values = new Set(identifiers.map(({ value }) => value).filter((value) => typeof value === 'string'));
  return [...values].filter((value) => value !== patient?.identifier.value);
}

/** The one that the ServiceRequest is written under comes first. */
function identifiersOf(one: Made): OrderFacts['identifiers'] {
  const { system, value } = one.identifier;
  const others = ((one.resource.identifier as FhirObject[] | undefined) ?? []).filter(
    (other) => typeof other.system === 'string' && (other.system !== system || other.value !== value),
  );
  return [
    { system, value },
    ...others.map((other) => ({ system: other.system as string, value: other.value as string })),
  ];
}
