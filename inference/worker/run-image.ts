import { BitHiveError, type ErrorCode } from '../../core/errors.ts';
import type { Refusal } from '../../core/message.ts';
import { type DicomDataset, decodeFrame, readDataset, tags } from '../../formats/dicom/index.ts';
import { checkInput } from '../guard/check-input.ts';
import { checkOutput } from '../guard/check-output.ts';
import { type ModelAccepts, tensorsOf } from '../model-manifest.ts';
import { preprocess } from '../preprocess/preprocess.ts';
import type { RunRequest, RunResult } from './protocol.ts';
import { readImage } from './read-image.ts';
import type { OpenModel, SessionShelf } from './session-shelf.ts';

/** One image through read, decode, preprocess, guards and model. Rejects only for a bug. */
export async function runImage(request: RunRequest, shelf: SessionShelf): Promise<RunResult> {
  try {
    const open = await shelf.open(request.model);
    const dataset = readDataset(readImage(request.image));
    const fault = headerFault(dataset, open.model.manifest.accepts);
    return fault ? refused(fault) : await runDataset(dataset, open);
  } catch (error) {
    if (!(error instanceof BitHiveError)) throw error;
    const { code, detail } = error;
    return isRefusal(code) ? refused({ code, detail }) : { kind: 'failed', code, detail };
  }
}

async function runDataset(dataset: DicomDataset, { model, session }: OpenModel): Promise<RunResult> {
  const { manifest } = model;
  const frame = await decodeFrame(dataset, 0);
  const { tensor, full, input } = preprocess(dataset, frame, manifest.preprocess);
  const unlike = checkInput({ rows: frame.rows, columns: frame.columns, full, input }, manifest.guard);
  if (unlike) return refused(unlike);
  const output = await session.run(tensor);
  const unusable = checkOutput(output, tensorsOf(manifest).outputRange);
  if (unusable) return refused(unusable);
  return { kind: 'completed', probability: output[0]! };
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
  const own: readonly ErrorCode[] = ['BH_MODEL_INPUT', 'BH_MODEL_OUTPUT', 'BH_MODEL_OUT_OF_DISTRIBUTION'];
  return code.startsWith('BH_DICOM_') || own.includes(code);
}
