import type { Finding } from '../../../core/inference.ts';
import { type WritableDataset, writePart10 } from '../../../formats/dicom/index.ts';
import type { SiteSettings } from '../../site.ts';
import { encapsulatedPdf, pdfSopClass } from './encapsulated-pdf.ts';
import {
  type EarlierReport,
  type ResultKind,
  type ResultScene,
  resultParts,
  resultSceneOf,
  seriesParts,
} from './result-scene.ts';
import { scSopClass, secondaryCapture } from './secondary-capture.ts';
import { maskGroups, segmentation, segSopClass } from './segmentation.ts';
import { type ResultIdentity, seriesNumbers } from './shared-modules.ts';
import { srSopClass, structuredReport } from './structured-report.ts';

/** A DICOM object that the engine made. */
export interface DicomResult {
  readonly kind: ResultKind;
  readonly sopClassUid: string;
  readonly sopInstanceUid: string;
  readonly seriesInstanceUid: string;
  /** A PS3.10 file. */
  readonly bytes: Uint8Array;
}

const makers = {
  sr: { sopClassUid: srSopClass, modality: 'SR', make: structuredReport },
  sc: { sopClassUid: scSopClass, modality: 'OT', make: secondaryCapture },
  pdf: { sopClassUid: pdfSopClass, modality: 'DOC', make: encapsulatedPdf },
} as const;

/**
 * A finding as objects for an archive, in the study of its images. Pure: the same finding gives the same bytes under the same UIDs; another version
 * of the study gives other objects in the same series, and its structured report names the one before it (`earlierOf` its own UID). A refusal gives all forms but
 * the segmentation. Throws BH_FINDING_INVALID for masks that are none.
 */
export function findingToDicom(
  finding: Finding,
  site: SiteSettings,
  kinds: readonly ResultKind[],
  earlierOf: (sopInstanceUid: string) => EarlierReport | undefined = () => undefined,
): readonly DicomResult[] {
  const bare = resultSceneOf(finding, site, undefined);
  const scene = { ...bare, earlier: earlierOf(instanceUid(bare, 'sr')) };
  return kinds.flatMap((kind) => {
    if (kind === 'seg') return segmentations(scene);
    const { sopClassUid, modality, make } = makers[kind];
    const own = identityOf(scene, kind, sopClassUid, modality, kind, finding.study.version);
    return [written(kind, own, make(scene, own))];
  });
}

function segmentations(scene: ResultScene): readonly DicomResult[] {
  const { finding } = scene;
  if (finding.status !== 'completed') return [];
  const groups = maskGroups(finding.masks ?? []);
  return groups.map((group, i) => {
    const number = (finding.study.version - 1) * groups.length + i + 1;
    const own = identityOf(scene, 'seg', segSopClass, 'SEG', `seg ${i + 1}`, number);
    return written('seg', own, segmentation(scene, own, group));
  });
}

const instanceUid = (scene: ResultScene, part: string): string =>
  scene.uid('instance', part, ...resultParts(scene));

function identityOf(
  scene: ResultScene,
  kind: ResultKind,
  sopClassUid: string,
  modality: string,
  part: string,
  instanceNumber: number,
): ResultIdentity {
  return {
    sopClassUid,
    sopInstanceUid: instanceUid(scene, part),
    seriesInstanceUid: scene.uid('series', kind, ...seriesParts(scene)),
    modality,
    seriesNumber: seriesNumbers[kind],
    instanceNumber,
  };
}

function written(kind: ResultKind, own: ResultIdentity, dataset: WritableDataset): DicomResult {
  const { sopClassUid, sopInstanceUid, seriesInstanceUid } = own;
  const bytes = writePart10(dataset, { sopClassUid, sopInstanceUid });
  return { kind, sopClassUid, sopInstanceUid, seriesInstanceUid, bytes };
}
