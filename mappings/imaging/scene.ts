import type { Finding } from '../../core/inference.ts';
import type { StudyInstance } from '../../core/study.ts';
import type { BundleEntry, FhirObject, Identifier, Resource } from '../bundle/bundle.ts';
import { printMoment } from '../hl7v2/values/zone.ts';
import { bundleEntry, type WriteMode } from '../identity/requests.ts';
import { type Systems, siteSystems } from '../identity/systems.ts';
import { type NameUuid, nameUuid } from '../identity/uuid.ts';
import type { SiteSettings } from '../site.ts';

/** One finding on its way to a Bundle: the site's identities, and the entries so far. */
export interface Scene {
  readonly finding: Finding;
  readonly site: SiteSettings;
  readonly systems: Systems;
  readonly uuid: NameUuid;
  /** Any instance stands for what all of a study share; absent only for a study without instances. */
  readonly first: StudyInstance | undefined;
  /** When the model ran, in the site's zone. */
  readonly ranAt: string;
  readonly entries: BundleEntry[];
  /** The results stand at the receiver and may have been signed there since: they get their order and nothing else. */
  readonly isLink: boolean;
  readonly forms: readonly ReportForm[];
}

/** Forms in which a report says its text to people. */
export const reportForms = ['html', 'pdf'] as const;
export type ReportForm = (typeof reportForms)[number];

export function sceneOf(
  finding: Finding,
  site: SiteSettings,
  isLink: boolean,
  forms: readonly ReportForm[],
): Scene {
  return {
    isLink,
    forms,
    finding,
    site,
    systems: siteSystems(site),
    uuid: nameUuid(site.namespace),
    first: finding.study.instances[0],
    ranAt: printMoment(finding.ranAtMs, site.zone),
    entries: [],
  };
}

/** Adds a resource under its identifier and answers a reference to it. */
export function place(
  scene: Scene,
  mode: WriteMode,
  resource: Resource,
  identifier: Identifier,
  patched: readonly string[] = [],
): FhirObject {
  const uuid = scene.uuid(resource.resourceType, identifier.system, identifier.value);
  scene.entries.push(bundleEntry(scene.site, mode, uuid, resource, identifier, patched));
  return { reference: `urn:uuid:${uuid}` };
}

/** Adds what a model said: as it is now or, to link it to its order, with nothing changed but `linked`. */
export function placeResult(
  scene: Scene,
  resource: Resource,
  identifier: Identifier,
  linked: readonly string[] = [],
): FhirObject {
  if (!scene.isLink) return place(scene, 'update', resource, identifier);
  return place(scene, linked.length > 0 ? 'patch' : 'ensure', resource, identifier, linked);
}

/**
 * Adds a result that a person may sign: a report, an observation. It has the identifier of its kind, study and model, and that of this version of
 * the study. The first finds it for a later version as long as nobody signed it; the second finds this one, whatever was done to it since.
 */
export function placeSignable(
  scene: Scene,
  resource: Resource,
  space: string,
  linked: readonly string[] = [],
): FhirObject {
  const { study, model } = scene.finding;
  const whole = ownIdentifier(scene, space, study.studyInstanceUid, model.name);
  const version = ownIdentifier(
    scene,
    `${space}-version`,
    study.studyInstanceUid,
    model.name,
    String(study.version),
  );
  const { resourceType, ...rest } = resource;
  const identified: Resource = { resourceType, identifier: [{ ...whole }, { ...version }], ...rest };
  // An id cannot ask for the status: there each version has its own.
  const hasOwnId = scene.site.write === 'client-id' && study.version > 1;
  if (!scene.isLink) return place(scene, 'revise', identified, hasOwnId ? version : whole);
  const key = scene.site.write === 'client-id' && !hasOwnId ? whole : version;
  return place(scene, linked.length > 0 ? 'patch' : 'ensure', identified, key, linked);
}

/** An identifier of ours over what makes a thing the same thing. */
export function ownIdentifier(
  scene: Scene,
  space: string,
  ...parts: readonly string[]
): { system: string; value: string } {
  return { system: scene.systems.local(space), value: scene.uuid(space, ...parts) };
}

/** UID as FHIR identifies DICOM things: `urn:dicom:uid`, `urn:oid:…`. */
export const uidIdentifier = (uid: string): { system: string; value: string } => ({
  system: 'urn:dicom:uid',
  value: `urn:oid:${uid}`,
});
