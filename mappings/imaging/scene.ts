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
}

export function sceneOf(finding: Finding, site: SiteSettings): Scene {
  return {
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
export function place(scene: Scene, mode: WriteMode, resource: Resource, identifier: Identifier): FhirObject {
  const uuid = scene.uuid(resource.resourceType, identifier.system, identifier.value);
  scene.entries.push(bundleEntry(scene.site, mode, uuid, resource, identifier));
  return { reference: `urn:uuid:${uuid}` };
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
