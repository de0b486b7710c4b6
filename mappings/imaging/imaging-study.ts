import type { StudyInstance } from '../../core/study.ts';
import type { FhirObject, FhirValue, Resource } from '../bundle/bundle.ts';
import { readDateTime } from '../hl7v2/values/date-time.ts';
import { clean } from '../hl7v2/values/value-type.ts';
import { accessionIdentifier } from './order-reference.ts';
import { placeResult, type Scene, uidIdentifier } from './scene.ts';

const dcm = 'http://dicom.nema.org/resources/ontology/DCM';
/** Past it the series give counts only: a CT of thousands of slices would make a Bundle of megabytes that nobody reads. */
const listedInstancesMax = 1_000;

/** The study as it is now: a later version replaces it under the same UID. */
export function placeImagingStudy(
  scene: Scene,
  subject: FhirObject,
  order: FhirObject | undefined,
): FhirObject {
  const { study } = scene.finding;
  const identifier = uidIdentifier(study.studyInstanceUid);
  const accession = accessionIdentifier(scene);
  const resource: Resource = {
    resourceType: 'ImagingStudy',
    identifier: accession === undefined ? [{ ...identifier }] : [{ ...identifier }, accession],
    status: 'available',
    subject,
  };
  const started = studyMoment(scene);
  if (started !== undefined) resource.started = started;
  if (order !== undefined) resource.basedOn = [order];
  const series = seriesOf(study.instances);
  const modalities = [...new Set(study.instances.map((instance) => instance.modality))];
  if (modalities.length > 0) resource.modality = modalities.map((code) => ({ system: dcm, code }));
  resource.numberOfSeries = series.size;
  resource.numberOfInstances = study.instances.length;
  const description = clean(scene.first?.studyDescription ?? '');
  if (description !== '') resource.description = description;
  const isListed = study.instances.length <= listedInstancesMax;
  if (series.size > 0)
    resource.series = [...series.values()].map((instances) => seriesResource(instances, isListed));
  return placeResult(scene, resource, identifier, ['basedOn']);
}

/** Study date and time (0008,0020), (0008,0030) with the object's own offset (0008,0201), else the site's zone. */
export function studyMoment({ first, site }: Scene): string | undefined {
  const date = (first?.studyDate ?? '').replaceAll('.', '');
  const time = (first?.studyTime ?? '').replaceAll(':', '');
  const offset = /^[+-]\d{4}$/.test(first?.timezoneOffset ?? '') ? first?.timezoneOffset : undefined;
  return readDateTime(date.length === 8 ? `${date}${time}` : date, offset, site.zone).text;
}

function seriesOf(instances: readonly StudyInstance[]): ReadonlyMap<string, readonly StudyInstance[]> {
  const series = new Map<string, StudyInstance[]>();
  for (const instance of instances) {
    const known = series.get(instance.seriesInstanceUid);
    if (known === undefined) series.set(instance.seriesInstanceUid, [instance]);
    else known.push(instance);
  }
  return series;
}

function seriesResource(instances: readonly StudyInstance[], isListed: boolean): FhirObject {
  const first = instances[0] as StudyInstance;
  const series: FhirObject = {
    uid: first.seriesInstanceUid,
    modality: { system: dcm, code: first.modality },
  };
  addNumber(series, first.seriesNumber);
  const description = clean(first.seriesDescription ?? '');
  if (description !== '') series.description = description;
  series.numberOfInstances = instances.length;
  if (isListed) series.instance = instances.map(instanceResource) as FhirValue[];
  return series;
}

function instanceResource(instance: StudyInstance): FhirObject {
  const sopClass = { system: 'urn:ietf:rfc:3986', code: `urn:oid:${instance.sopClassUid}` };
  const resource: FhirObject = { uid: instance.sopInstanceUid, sopClass };
  addNumber(resource, instance.instanceNumber);
  return resource;
}

/** DICOM IS may be negative; FHIR's unsignedInt is not. */
function addNumber(target: FhirObject, number: number | undefined): void {
  if (number !== undefined && Number.isInteger(number) && number >= 0 && number <= 2147483647)
    target.number = number;
}
