import { BitHiveError } from '../../core/errors.ts';
import { tags, type WritableDataset } from '../../formats/dicom/index.ts';
import { textOf } from './element-values.ts';
import type { DeidentifyPolicy } from './policy.ts';

const directory = '1.2.840.10008.1.3.10';
const storage = '1.2.840.10008.5.1.4.1.1.';
const documentTag = 0x00420011;
/** JPIP: the pixels lie behind an address that names the object. */
const referenced: ReadonlySet<string> = new Set(['1.2.840.10008.1.2.4.94', '1.2.840.10008.1.2.4.95']);

/**
 * Refuses what no rule on attributes can make anonymous.
 *
 * @throws BH_DICOM_IDENTITY
 */
export function refuseUnsafe(
  dataset: WritableDataset,
  transferSyntaxUid: string,
  policy: DeidentifyPolicy,
): void {
  const sopClassUid = textOf(dataset, tags.sopClassUid);
  const refuse = (why: string): never => {
    throw new BitHiveError('BH_DICOM_IDENTITY', why);
  };
  if (sopClassUid === directory || dataset.has(0x00041220)) refuse('a directory of a medium');
  if (sopClassUid.startsWith(`${storage}9.4.`)) refuse('a recorded voice');
  if (!/^[\d.]{1,64}$/.test(transferSyntaxUid)) refuse('the transfer syntax has a name that is no UID');
  if (referenced.has(transferSyntaxUid)) refuse('the pixels are at an address of the hospital');
  const isDocument = sopClassUid.startsWith(`${storage}104.`) || dataset.has(documentTag);
  if (isDocument && policy.documents === 'refuse')
    refuse('an encapsulated document, and documents is refuse');
  const isReport = sopClassUid.startsWith(`${storage}88.`);
  if (isReport && policy.structuredContent === 'refuse' && !policy.options.has('clean-structured-content'))
    refuse('a structured report, and neither clean-structured-content nor structuredContent: replace is set');
}
