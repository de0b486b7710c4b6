import { resourceTypeNames } from '../../formats/fhir/index.ts';

/** What is offered and no more: create and update per type, batch, transaction and messages at the base (FHIR R4 §5.2). */
export function capabilityStatement(version: string): object {
  return {
    resourceType: 'CapabilityStatement',
    status: 'active',
    date: '2026-11-22',
    kind: 'instance',
    software: { name: 'BitHive', version },
    implementation: { description: 'Takes FHIR R4 as messages; keeps no resources to read' },
    fhirVersion: '4.0.1',
    format: ['application/fhir+json'],
    rest: [
      {
        mode: 'server',
        documentation:
          'A resource or Bundle is validated, made durable and answered 202; its effect follows. What is not valid is answered 422 ' +
          'with the paths and kept for the operator.',
        interaction: [{ code: 'transaction' }, { code: 'batch' }],
        resource: [...resourceTypeNames()].map((type) => ({
          type,
          interaction: [{ code: 'create' }, { code: 'update' }],
        })),
        operation: [
          {
            name: 'process-message',
            definition: 'http://hl7.org/fhir/OperationDefinition/MessageHeader-process-message',
          },
        ],
      },
    ],
  };
}
