import type { FhirObject, Resource } from '../bundle/bundle.ts';
import { keep } from '../bundle/kept.ts';
import type { Systems } from '../identity/systems.ts';
import type { MadeResources } from './compiler/made-resources.ts';
import type { Run } from './run.ts';
import { clean } from './values/value-type.ts';

const participantType = 'http://terminology.hl7.org/CodeSystem/provenance-participant-type';

/** This map, as the one who put the resources together. */
export const assemblerOf = (systems: Systems, version: string): FhirObject =>
  keep({
    type: { coding: [{ system: participantType, code: 'assembler', display: 'Assembler' }] },
    who: {
      identifier: { system: systems.local('map'), value: version },
      display: `BitHive hl7v2-to-fhir ${version}`,
    },
  });

/**
 * What the rows cannot know of a message's Provenance: what it is about (everything that the message says how it is), who put it
 * together (this map, in this version, for this site) and what it was made from (the sender's message).
 */
export function completeProvenance(run: Run, made: MadeResources, provenance: Resource): void {
  const { site } = run;
  const told = made.list.filter(({ spec }) => spec.write === 'update' || spec.write === 'patch');
  // A message that tells of nothing is still there itself: R4 has no Provenance without a target.
  const about = told.length > 0 ? told : made.list.filter(({ spec }) => spec.type === 'MessageHeader');
  const targets = about.map((one): FhirObject => ({ reference: one.fullUrl }));
  if (targets.length > 0) provenance.target = targets;
  provenance.agent = [...((provenance.agent as FhirObject[] | undefined) ?? []), site.assembler];
  const header = run.message.first('MSH');
  const controlId = clean(header?.get(10) ?? '');
  if (controlId === '') return;
  const sender = `${header?.get(3)}|${header?.get(4)}`;
  const system = site.systems.local(`message/${encodeURIComponent(sender)}`);
  provenance.entity = [{ role: 'source', what: { identifier: { system, value: controlId } } }];
}
