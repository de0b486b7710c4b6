import { BitHiveError, type ErrorCode } from '../../core/errors.ts';
import type { Refusal } from '../../core/message.ts';
import { type DicomDataset, decodeFrame, readDataset, tags } from '../../formats/dicom/index.ts';
import { checkInput } from '../guard/check-input.ts';
import { checkOutput } from '../guard/check-output.ts';
import { packMask } from '../masks/mask-bits.ts';
import { maskGeometry } from '../masks/mask-geometry.ts';
import type { ModelAccepts, ModelManifest } from '../model-manifest.ts';
import { type ModelTensors, showsPrior } from '../model-tensors.ts';
import { type Preprocessed, preprocess } from '../preprocess/preprocess.ts';
import type { ImageMask, ImageSource, RunRequest, RunResult } from './protocol.ts';
import { readImage } from './read-image.ts';
import type { OpenModel, SessionShelf } from './session-shelf.ts';

/** One image through read, decode, preprocess, guards and model. Rejects only for a bug. */
export async function runImage(request: RunRequest, shelf: SessionShelf): Promise<RunResult> {
  try {
    const open = await shelf.open(request.model);
    const seen = await seeImage(request.image, open.model.manifest);
    if ('fault' in seen) return refused(seen.fault);
    const prior = await seePrior(request.prior, open);
    return await runSeen(seen, prior, open);
  } catch (error) {
    if (!(error instanceof BitHiveError)) throw error;
    const { code, detail } = error;
    return isRefusal(code) ? refused({ code, detail }) : { kind: 'failed', code, detail };
  }
}

/** An image as the model gets it. */
interface Seen {
  readonly dataset: DicomDataset;
  readonly rows: number;
  readonly columns: number;
  readonly made: Preprocessed;
}

async function seeImage(source: ImageSource, manifest: ModelManifest): Promise<Seen | { fault: Refusal }> {
  const dataset = readDataset(readImage(source));
  const headFault = headerFault(dataset, manifest.accepts);
  if (headFault) return { fault: headFault };
  const frame = await decodeFrame(dataset, 0);
  const made = preprocess(dataset, frame, manifest.preprocess);
  const { rows, columns } = frame;
  const unlike = checkInput({ rows, columns, full: made.full, input: made.input }, manifest.guard);
  return unlike ? { fault: unlike } : { dataset, rows, columns, made };
}

/** The earlier image passes the same guards. One that does not is as good as none, and the finding says why. */
async function seePrior(
  source: ImageSource | undefined,
  { model, tensors }: OpenModel,
): Promise<Seen | { fault: string } | undefined> {
  if (source === undefined || !showsPrior(tensors)) return undefined;
  try {
    const seen = await seeImage(source, model.manifest);
    return 'fault' in seen ? { fault: seen.fault.detail } : seen;
  } catch (error) {
    if (!(error instanceof BitHiveError)) throw error;
    return { fault: error.detail };
  }
}

async function runSeen(
  seen: Seen,
  prior: Seen | { fault: string } | undefined,
  { model: { manifest }, session, tensors }: OpenModel,
): Promise<RunResult> {
  const priorFault = prior !== undefined && 'fault' in prior ? prior.fault : undefined;
  const earlier = prior !== undefined && 'made' in prior ? prior.made.tensor : undefined;
  if (earlier === undefined && showsPrior(tensors) && manifest.priors?.absent === 'refuse')
    return refused({
      code: 'BH_MODEL_PRIOR',
      detail: `the model compares with an earlier image: ${priorFault ?? 'none was given'}`,
    });
  const image = seen.made.tensor;
  const instead = manifest.priors?.absent === 'same' ? image : new Float32Array(image.length);
  const shown = { image, prior: earlier ?? instead };
  const output = await session.run(
    tensors.channels.map((sources) => joined(sources.map((one) => shown[one]))),
  );
  const unusable = checkOutput(output, tensors.outputRange, tensors.outputLength);
  if (unusable) return refused(unusable);
  const result =
    manifest.output === 'mask' ? maskResult(seen, output, manifest, tensors) : probabilityOf(output);
  return { kind: 'completed', ...result, ...(priorFault === undefined ? {} : { priorFault }) };
}

const probabilityOf = (output: Float32Array) => ({ probability: output[0]! });

function joined(channels: readonly Float32Array[]): Float32Array {
  const [only] = channels;
  if (channels.length === 1 && only) return only;
  const all = new Float32Array(channels.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const channel of channels) {
    all.set(channel, at);
    at += channel.length;
  }
  return all;
}

/** The greatest value of a mask stands for the probability of the finding. A label that covers no pixel has no mask. */
function maskResult(
  { dataset, rows, columns, made }: Seen,
  output: Float32Array,
  { labels, threshold }: ModelManifest,
  tensors: ModelTensors,
): { readonly probability: number; readonly masks: readonly ImageMask[] } {
  const geometry = maskGeometry(dataset);
  const size = tensors.rows * tensors.columns;
  const masks: ImageMask[] = [];
  for (const [at, label] of labels.entries()) {
    const values = output.subarray(at * size, (at + 1) * size);
    const channel = { rows: tensors.rows, columns: tensors.columns, values, threshold };
    const { bits, pixelsCount } = packMask({ rows, columns }, made.window, channel);
    if (pixelsCount === 0) continue;
    masks.push({ label, rows, columns, bits, isDeflated: true, ...(geometry ? { geometry } : {}) });
  }
  let probability = 0;
  for (const value of output) if (value > probability) probability = value;
  return { probability, masks };
}

/**
 * Asked again here although the grid chose the object by its stored facts: the object itself decides, and colour is known only to it.
 */
function headerFault(dataset: DicomDataset, accepts: ModelAccepts): Refusal | null {
  const modality = dataset.text(tags.modality) ?? '';
  if (!accepts.modalities.includes(modality)) return unfit(`modality ${modality || '(none)'}`);
  const sopClass = dataset.text(tags.sopClassUid) ?? '';
  if (!accepts.sopClasses.includes(sopClass)) return unfit(`SOP class ${sopClass || '(none)'}`);
  const photometric = dataset.text(tags.photometricInterpretation) ?? '';
  if (!accepts.photometric.includes(photometric)) return unfit(`photometric ${photometric || '(none)'}`);
  const frames = dataset.number(tags.numberOfFrames) ?? 1;
  if (frames !== 1) return unfit(`${frames} frames`);
  const rows = dataset.number(tags.rows) ?? 0;
  const columns = dataset.number(tags.columns) ?? 0;
  if (rows < accepts.rowsMin || columns < accepts.columnsMin || rows * columns > accepts.pixelsMax)
    return unfit(`${rows} x ${columns} pixels`);
  return null;
}

function unfit(what: string): Refusal {
  return { code: 'BH_MODEL_INPUT', detail: `the model does not take ${what}` };
}

function refused({ code, detail }: Refusal): RunResult {
  return { kind: 'refused', code: code as ErrorCode, detail };
}

/** What the object or the model's answer is to blame for is reported to the clinician; the rest is the engine's own trouble. */
function isRefusal(code: ErrorCode): boolean {
  const own: readonly ErrorCode[] = [
    'BH_MODEL_INPUT',
    'BH_MODEL_OUTPUT',
    'BH_MODEL_OUT_OF_DISTRIBUTION',
    'BH_MODEL_PRIOR',
  ];
  return code.startsWith('BH_DICOM_') || own.includes(code);
}
