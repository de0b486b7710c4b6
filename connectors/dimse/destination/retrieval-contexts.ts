import { contextsMax, proposeServices } from '../scu/proposals.ts';
import { studyRoot } from '../sop-classes.ts';
import type { ProposedContext } from '../upper-layer/pdu.ts';

/** Objects that an earlier study may hold and that a model or a report may ask for: images, segmentations, reports. */
export const retrievedSopClasses: readonly string[] = [
  '1',
  '1.1',
  '1.1.1',
  '1.2',
  '1.2.1',
  '1.3',
  '2',
  '2.1',
  '2.2',
  '3.1',
  '4',
  '4.1',
  '4.2',
  '4.3',
  '6.1',
  '6.2',
  '7',
  '7.1',
  '7.2',
  '7.3',
  '7.4',
  '12.1',
  '12.1.1',
  '12.2',
  '12.2.1',
  '13.1.1',
  '13.1.2',
  '13.1.3',
  '20',
  '30',
  '66',
  '66.1',
  '66.2',
  '66.4',
  '66.5',
  '66.7',
  '77.1.4',
  '77.1.6',
  '88.11',
  '88.22',
  '88.33',
  '88.34',
  '88.59',
  '88.67',
  '104.1',
  '128',
  '128.1',
  '130',
  '481.1',
  '481.2',
  '481.3',
  '481.5',
].map((suffix) => `1.2.840.10008.5.1.4.1.1.${suffix}`);

/** The archive takes the one that an object is in, if it can; the native ones are for those that have nothing else. */
const transferSyntaxes = [
  '1.2.840.10008.1.2.1',
  '1.2.840.10008.1.2.4.70',
  '1.2.840.10008.1.2.4.80',
  '1.2.840.10008.1.2.4.90',
  '1.2.840.10008.1.2.4.201',
  '1.2.840.10008.1.2.5',
  '1.2.840.10008.1.2',
];

/** Queries, C-GET and every object that may come back. */
export const retrievalContexts: readonly ProposedContext[] = [
  ...proposeServices([studyRoot.find, studyRoot.get]),
  ...retrievedSopClasses.map((abstractSyntax, at) => ({ id: 5 + 2 * at, abstractSyntax, transferSyntaxes })),
].slice(0, contextsMax);
