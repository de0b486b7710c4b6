import { limits } from '../core/limits.ts';
import type { Study, StudyInstance } from '../core/study.ts';
import type { ModelAccepts } from './model-manifest.ts';

export interface ImageChoice {
  /** Images that the model takes, the best first; at most as many as were asked for. */
  readonly images: readonly StudyInstance[];
  /** Why the first instance that it does not take was left out. */
  readonly leftOut?: string;
}

/**
 * Chooses by header attributes alone. The order does not depend on the order of arrival: preferred views first, then series number, instance
 * number, SOP Instance UID; an absent number comes last.
 */
export function chooseImages(
  study: Pick<Study, 'instances'>,
  accepts: ModelAccepts,
  imagesMax: number = limits.inferenceImagesMax,
): ImageChoice {
  const judged = study.instances.map((instance) => ({ instance, fault: faultOf(instance, accepts) }));
  const images = judged.filter(({ fault }) => fault === null).map(({ instance }) => instance);
  images.sort((left, right) => compare(rankOf(left, accepts), rankOf(right, accepts)));
  const leftOut = judged.find(({ fault }) => fault !== null)?.fault;
  return { images: images.slice(0, imagesMax), ...(leftOut ? { leftOut } : {}) };
}

function faultOf(instance: StudyInstance, accepts: ModelAccepts): string | null {
  if (!accepts.modalities.includes(instance.modality)) return `modality ${instance.modality || '(none)'}`;
  if (!accepts.sopClasses.includes(instance.sopClassUid)) return `SOP class ${instance.sopClassUid}`;
  const bodyPart = instance.bodyPart?.toUpperCase();
  if (!bodyPart && !accepts.withoutBodyPart) return 'no body part';
  if (bodyPart && !accepts.bodyParts.includes(bodyPart)) return `body part ${bodyPart}`;
  const view = instance.viewPosition?.toUpperCase();
  if (view && accepts.viewsRefused.includes(view)) return `view ${view}`;
  if ((instance.frames ?? 1) !== 1) return `${instance.frames} frames`;
  const { rows, columns } = instance;
  if (rows !== undefined && rows < accepts.rowsMin) return `${rows} rows`;
  if (columns !== undefined && columns < accepts.columnsMin) return `${columns} columns`;
  if (rows !== undefined && columns !== undefined && rows * columns > accepts.pixelsMax)
    return `${rows} x ${columns} pixels`;
  return null;
}

type Rank = readonly (number | string)[];

function rankOf(instance: StudyInstance, accepts: ModelAccepts): Rank {
  const preferred = accepts.viewsPreferred.indexOf(instance.viewPosition?.toUpperCase() ?? '');
  return [
    preferred < 0 ? accepts.viewsPreferred.length : preferred,
    instance.seriesNumber ?? Number.MAX_SAFE_INTEGER,
    instance.instanceNumber ?? Number.MAX_SAFE_INTEGER,
    instance.sopInstanceUid,
  ];
}

function compare(left: Rank, right: Rank): number {
  for (let at = 0; at < left.length; at += 1) {
    if (left[at]! < right[at]!) return -1;
    if (left[at]! > right[at]!) return 1;
  }
  return 0;
}
