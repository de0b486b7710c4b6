import type { FindingPriors, InferenceJob } from '../core/inference.ts';
import type { StudyInstance } from '../core/study.ts';
import { chooseImages } from './choose-images.ts';
import type { ModelManifest } from './model-manifest.ts';

export type UsedPrior = FindingPriors['used'][number];

export interface PriorChoice {
  readonly image: StudyInstance;
  readonly used: UsedPrior;
}

/**
 * The earlier image that an image is compared with: of the newest earlier study that has one which the model accepts, the best one of
 * the same view and side where there is one. A model that asks for several studies is shown one image all the same; the others are there for
 * when the newest has none that fits.
 */
export function choosePrior(
  image: StudyInstance,
  job: Pick<InferenceJob, 'priors'>,
  { accepts }: ModelManifest,
): PriorChoice | undefined {
  const newestFirst = [...(job.priors ?? [])].sort((a, b) =>
    (a.studyDate ?? '') < (b.studyDate ?? '') ? 1 : -1,
  );
  for (const { studyInstanceUid, studyDate, instances } of newestFirst) {
    const { images } = chooseImages({ instances }, accepts, instances.length);
    const best = images.find((one) => isLike(one, image)) ?? images[0];
    if (best === undefined) continue;
    const { sopInstanceUid } = best;
    const used = { studyInstanceUid, ...(studyDate === undefined ? {} : { studyDate }), sopInstanceUid };
    return { image: best, used };
  }
  return undefined;
}

const isLike = (one: StudyInstance, other: StudyInstance): boolean =>
  one.viewPosition === other.viewPosition && one.laterality === other.laterality;
