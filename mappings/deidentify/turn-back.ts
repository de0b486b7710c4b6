import { BitHiveError, type ErrorCode } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import {
  readDataset,
  tags,
  type WritableDataset,
  type WritableElement,
  writableOf,
} from '../../formats/dicom/index.ts';
import { itemsOf, textOf } from './element-values.ts';
import { isDocumentTag } from './empty-document.ts';
import { OriginalNames } from './original-names.ts';
import { pseudonymIn, pseudonymInDocument } from './pseudonym-in.ts';
import { isOfStudy, withStudyOf, writtenAs } from './reidentify.ts';
import { referencesOf } from './result-references.ts';
import type { SentInstance, SentStudy } from './sent-study.ts';
import { type Hindrance, refused, type Turn, turnResult } from './turn-result.ts';

export interface TurnBackOptions {
  /** The study behind a Study Instance UID under which objects left; undefined where none did. */
  readonly studyOf: (sentStudyUid: string) => Promise<SentStudy | undefined>;
  /** PDF and other documents: `keep` lets one through in which no pseudonym is found. */
  readonly documents: 'refuse' | 'keep';
}

const stampTemporal = 0x00280303;
const temporal = { modified: 'MODIFIED', full: 'UNMODIFIED', removed: 'REMOVED' } as const;

/**
 * A DICOM object that somebody made from de-identified ones, under the hospital's patient, study, order, dates and UIDs. Its own instance UID stays, and a series
 * UID that is none of ours. The same bytes and the same originals give the same bytes.
 *
 * Stricter than `reidentifierOf`: every name in it that was sent is turned back, or nothing is.
 *
 * @throws BH_REIDENTIFY_UNKNOWN, BH_REIDENTIFY_MIXED, BH_REIDENTIFY_UNCERTAIN; BH_DICOM_* where it cannot be read
 */
export async function turnBack(
  bytes: Uint8Array,
  { studyOf, documents }: TurnBackOptions,
): Promise<Uint8Array> {
  if (bytes.length > limits.deidentifyObjectBytesMax)
    refuse('BH_DICOM_LIMIT', `${bytes.length} bytes are too many`);
  const read = readDataset(bytes);
  const result = writableOf(read);
  const sentStudyUid = textOf(result, tags.studyInstanceUid);
  const study = sentStudyUid === '' ? undefined : await studyOf(sentStudyUid);
  if (study === undefined)
    return refuse('BH_REIDENTIFY_UNKNOWN', `nothing was sent of the study ${sentStudyUid || '(none)'}`);
  const { pseudonyms } = study;
  const instances = instancesOf(textOf(result, tags.patientId), study);
  const referred = await referredOf(result, sentStudyUid, study, instances);
  refuseForeignRules(result, study);
  refuseDocument(result, documents, study);
  const turned = await new Originals(result, study, instances, referred).turn();
  const turnedBytes = writtenAs(turned, read.transferSyntaxUid);
  const left = pseudonymIn(turnedBytes, pseudonyms);
  if (left !== undefined) refuse('BH_REIDENTIFY_UNCERTAIN', `the pseudonym ${left} is still in it`);
  return turnedBytes;
}

function refuse(code: ErrorCode, detail: string): never {
  throw new BitHiveError(code, detail);
}

/** Those of the patient that the result names: a study may have been sent under two numbers. */
function instancesOf(pseudonym: string, { instances, pseudonyms }: SentStudy): readonly SentInstance[] {
  const [first, ...others] = instances.filter(({ patient }) => pseudonyms.patient(patient) === pseudonym);
  if (first !== undefined) return [first, ...others];
  return refuse('BH_REIDENTIFY_MIXED', `the study was not sent under the patient ${pseudonym || '(none)'}`);
}

/** The originals that the result refers to; each of them was sent. */
async function referredOf(
  result: WritableDataset,
  sentStudyUid: string,
  study: SentStudy,
  instances: readonly SentInstance[],
): Promise<readonly SentInstance[]> {
  const { pseudonyms, keepsUids } = study;
  const sent = (uid: string): string => (keepsUids ? uid : pseudonyms.uid(uid));
  const known = new Map(instances.map((one) => [sent(one.sopInstanceUid), one]));
  const ownSeries = new Set(instances.map(({ seriesInstanceUid }) => sent(seriesInstanceUid)));
  const own = textOf(result, tags.sopInstanceUid);
  // Where UIDs are kept, that of an image of another study would have an archive put the result in its place.
  if (known.has(own) || pseudonyms.isOwnUid(own) || (keepsUids && (await study.wasSent(own))))
    refuse('BH_REIDENTIFY_UNCERTAIN', `${own} is an object that was sent, and no result`);
  const { objects, studies } = referencesOf(result);
  for (const other of studies)
    if (other !== sentStudyUid) refuse('BH_REIDENTIFY_MIXED', `it refers to the study ${other} too`);
  // A node lists what it made itself under a series of its own; a reference that stands elsewhere is understood by that.
  const listed = new Set([own]);
  for (const { sopInstanceUid, seriesInstanceUid } of objects)
    if (seriesInstanceUid !== '' && !ownSeries.has(seriesInstanceUid)) listed.add(sopInstanceUid);
  const referred = new Set<SentInstance>();
  for (const { sopInstanceUid } of objects) {
    const instance = known.get(sopInstanceUid);
    if (instance !== undefined ? await instance.wasSent() : isNodes(sopInstanceUid, listed, study)) {
      if (instance !== undefined) referred.add(instance);
    } else refuse('BH_REIDENTIFY_UNKNOWN', `it refers to ${sopInstanceUid}, which was not sent`);
  }
  return instances.filter((one) => referred.has(one));
}

/** An object of the remote node's own. Ours has a name by our key, and one of another archive has no place in the result. */
const isNodes = (uid: string, listed: ReadonlySet<string>, { pseudonyms }: SentStudy): boolean =>
  listed.has(uid) && !pseudonyms.isOwnUid(uid);

/** (0028,0303) that says otherwise than what is known of the sending: its dates cannot be understood. */
function refuseForeignRules(result: WritableDataset, { dates }: SentStudy): void {
  const said = textOf(result, stampTemporal);
  if (said !== '' && said !== temporal[dates])
    refuse('BH_REIDENTIFY_UNCERTAIN', `(0028,0303) says ${said}, the originals left as ${temporal[dates]}`);
}

function refuseDocument(
  result: WritableDataset,
  documents: TurnBackOptions['documents'],
  { pseudonyms }: SentStudy,
): void {
  for (const { tag, value } of elementsOf(result)) {
    if (!isDocumentTag(tag)) continue;
    if (documents === 'refuse')
      refuse(
        'BH_REIDENTIFY_UNCERTAIN',
        'it has a document, whose text cannot be turned back; documents is refuse',
      );
    const found = value instanceof Uint8Array ? pseudonymInDocument(value, pseudonyms) : undefined;
    if (found !== undefined) refuse('BH_REIDENTIFY_UNCERTAIN', `its document has the pseudonym ${found}`);
  }
}

function* elementsOf(dataset: WritableDataset): Generator<{ tag: number; value: WritableElement['value'] }> {
  for (const [tag, element] of dataset) {
    yield { tag, value: element.value };
    for (const item of itemsOf(element)) yield* elementsOf(item);
  }
}

/** The originals of one result, read one after the other until they explain everything that the result names. */
class Originals {
  readonly #result: WritableDataset;
  readonly #study: SentStudy;
  readonly #instances: readonly SentInstance[];
  /** Those that it refers to first: they say most of what it repeats. */
  readonly #inTurn: readonly SentInstance[];

  constructor(
    result: WritableDataset,
    study: SentStudy,
    instances: readonly SentInstance[],
    referred: readonly SentInstance[],
  ) {
    this.#result = result;
    this.#study = study;
    this.#instances = instances;
    this.#inTurn = [...new Set([...referred, ...instances])].slice(0, limits.reidentifyOriginalsReadMax);
    const orders = new Set((referred.length > 0 ? referred : instances).map((one) => one.accessionNumber));
    if (orders.size > 1)
      refuse('BH_REIDENTIFY_MIXED', `its originals are of several orders: ${[...orders].join(', ')}`);
  }

  async turn(): Promise<WritableDataset> {
    let turned: { readonly back: WritableDataset; readonly hindrances: readonly Hindrance[] } | undefined;
    let turning: Turning | undefined;
    for (const instance of this.#inTurn) {
      if (!(await instance.wasSent())) continue;
      const original = await instance.read();
      turning ??= this.#begin(instance, original);
      turning.names.learn(original);
      if (turned !== undefined && !explains(turning.names, turned.hindrances)) continue;
      turned = turning.run();
      const [first] = turned.hindrances;
      if (first === undefined) return turned.back;
      const final = turned.hindrances.find(({ missing }) => missing === undefined);
      if (final !== undefined) throw refused(final);
    }
    const [first] = turned?.hindrances ?? [];
    throw first === undefined
      ? new BitHiveError('BH_REIDENTIFY_UNKNOWN', 'no object of its study was sent')
      : refused(first);
  }

  #begin(instance: SentInstance, original: WritableDataset): Turning {
    const { patient } = instance;
    const names = new OriginalNames(this.#study, this.#instances, patient);
    const own = [tags.sopInstanceUid, tags.seriesInstanceUid].map((tag) => textOf(this.#result, tag));
    const turn: Turn = {
      names,
      pseudonyms: this.#study.pseudonyms,
      patient: [this.#study.pseudonyms.patient(patient), textOf(original, tags.patientId)],
      study: [textOf(this.#result, tags.studyInstanceUid), original.get(tags.accessionNumber)],
      own: new Set(own),
    };
    // Patient and study are taken whole from the original, so nothing that the node wrote there is to be understood.
    const rest = new Map([...this.#result].filter(([tag]) => !isOfStudy(tag)));
    return {
      names,
      run() {
        const { dataset, hindrances } = turnResult(rest, turn);
        return { back: withStudyOf(dataset, original), hindrances };
      },
    };
  }
}

interface Turning {
  readonly names: OriginalNames;
  run(): { readonly back: WritableDataset; readonly hindrances: readonly Hindrance[] };
}

/** Whether it is worth to try again: everything that was missing is known by now. */
const explains = (names: OriginalNames, hindrances: readonly Hindrance[]): boolean =>
  hindrances.every(({ missing }) =>
    missing?.kind === 'uid'
      ? names.uid(missing.name) !== undefined
      : names.day(missing?.name ?? '').kind !== 'unknown',
  );
