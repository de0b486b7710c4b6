import type { FhirObject, Resource } from '../bundle/bundle.ts';
import { evaluationLines, evaluationProperties } from './evaluation.ts';
import { ownIdentifier, place, type Scene } from './scene.ts';

/** The model, one Device per version and file, so that a result always leads to the very bytes that made it. */
export function placeDevice(scene: Scene): FhirObject {
  const { model } = scene.finding;
  const { name, version, sha256, intendedUse, publisher, licence } = model;
  const properties = evaluationProperties(model);
  const identifier = ownIdentifier(scene, 'model', name, version, sha256);
  const device: Resource = {
    resourceType: 'Device',
    identifier: [{ ...identifier }],
    status: 'active',
    manufacturer: publisher,
    deviceName: [{ name, type: 'model-name' }],
    modelNumber: name,
    type: { text: 'Machine learning model' },
    version: [
      { type: { text: 'model version' }, value: version },
      { type: { text: 'SHA-256 of the model file' }, value: sha256 },
    ],
    ...(properties.length > 0 ? { property: properties } : {}),
    note: [
      { text: `Intended use: ${intendedUse}` },
      ...evaluationLines(model).map((text) => ({ text })),
      { text: `Licence: ${licence}` },
    ],
  };
  return place(scene, 'ensure', device, identifier);
}
