import { limits } from '../../core/limits.ts';
import type { SearchKey, SearchKeyName } from '../../core/message.ts';
import { objectsIn, textOf, type UnknownObject } from '../../formats/fhir/index.ts';
import { messageIdentifier } from './bundle-answer.ts';

/** By the code of Identifier.type (HL7 table 0203). */
const namesByType: { readonly [code: string]: SearchKeyName } = {
  ACSN: 'accession',
  FILL: 'order',
  MR: 'mrn',
  PLAC: 'order',
  VN: 'visit',
};

/** What an identifier without a type is called, by the resource that has it. */
const namesByResource: { readonly [resourceType: string]: SearchKeyName } = {
  Encounter: 'visit',
  Invoice: 'invoice',
  Patient: 'mrn',
  ServiceRequest: 'order',
};

/** Names under which the message is found: identifiers of the resource, or of the resources of a Bundle, and of the patients they refer to. */
export function searchKeysOf(resource: UnknownObject): readonly SearchKey[] {
  const keys = new Map<string, SearchKey>();
  const add = (name: SearchKeyName, value: string) => {
    const isFull = keys.size >= limits.searchKeysPerMessageMax;
    if (value === '' || value.length > limits.searchKeyCharsMax || isFull) return;
    keys.set(`${name} ${value}`, [name, value]);
  };
  for (const one of resourcesIn(resource)) addKeys(one, add);
  return [...keys.values()];
}

function resourcesIn(resource: UnknownObject): readonly UnknownObject[] {
  if (textOf(resource, 'resourceType') !== 'Bundle') return [resource];
  return [resource, ...objectsIn(resource, 'entry').flatMap((entry) => objectsIn(entry, 'resource'))];
}

function addKeys(resource: UnknownObject, add: (name: SearchKeyName, value: string) => void): void {
  const type = textOf(resource, 'resourceType') ?? '';
  for (const identifier of [...objectsIn(resource, 'identifier'), ...objectsIn(resource, 'accession')]) {
    addIdentifier(identifier, type, add);
  }
  for (const name of ['subject', 'patient']) {
    const identifiers = objectsIn(resource, name).flatMap((reference) => objectsIn(reference, 'identifier'));
    for (const identifier of identifiers) addIdentifier(identifier, 'Patient', add);
  }
}

function addIdentifier(
  identifier: UnknownObject,
  resourceType: string,
  add: (name: SearchKeyName, value: string) => void,
): void {
  const value = textOf(identifier, 'value') ?? '';
  if (textOf(identifier, 'system') === 'urn:dicom:uid') {
    if (resourceType === 'ImagingStudy') add('study-uid', value.replace(/^urn:oid:/, ''));
    return;
  }
  const codings = objectsIn(identifier, 'type').flatMap((concept) => objectsIn(concept, 'coding'));
  const typed = codings
    .map((coding) => namesByType[textOf(coding, 'code') ?? ''])
    .find((name) => name !== undefined);
  const name =
    typed ?? (Object.hasOwn(namesByResource, resourceType) ? namesByResource[resourceType] : undefined);
  if (name !== undefined) add(name, value);
}

/** `system|value` of a Bundle's identifier, or of a message's header: the sender's own name of this exchange. */
export function exchangeIdentifier(resource: UnknownObject): string | undefined {
  if (textOf(resource, 'resourceType') !== 'Bundle') return undefined;
  const message = messageIdentifier(resource);
  if (message !== undefined) return `message|${message}`;
  const identifier = objectsIn(resource, 'identifier')[0];
  const value = identifier && textOf(identifier, 'value');
  return value === undefined ? undefined : `${(identifier && textOf(identifier, 'system')) ?? ''}|${value}`;
}
