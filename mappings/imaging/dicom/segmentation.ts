import type { FindingMask } from '../../../core/inference.ts';
import { datasetOf, tagOf, type WritableDataset } from '../../../formats/dicom/index.ts';
import { type Code, codeItem, codeOf } from './codes.ts';
import { bySeries, referenceItem } from './evidence.ts';
import { maskBits, packFrames } from './packed-bits.ts';
import { type ResultScene, resultParts } from './result-scene.ts';
import { type ResultIdentity, sharedModules } from './shared-modules.ts';
import { line } from './text.ts';

/** Segmentation Storage. */
export const segSopClass = '1.2.840.10008.5.1.4.1.1.66.4';

/** Masks of one size and orientation in one frame of reference: what one object can hold. */
export interface MaskGroup {
  readonly rows: number;
  readonly columns: number;
  readonly masks: readonly FindingMask[];
}

const morphologicAbnormality: Code = ['49755003', 'SCT', 'Morphologically Abnormal Structure'];

/** One object for each size, orientation and spacing in one frame of reference, in the order in which the finding names them. */
export function maskGroups(masks: readonly FindingMask[]): readonly MaskGroup[] {
  const groups = new Map<string, FindingMask[]>();
  for (const mask of masks.map(placedWhole)) {
    const { frameOfReferenceUid, orientation, spacing, thickness } = mask.geometry ?? {};
    const key = JSON.stringify([
      mask.rows,
      mask.columns,
      frameOfReferenceUid,
      orientation,
      spacing,
      thickness,
    ]);
    groups.set(key, [...(groups.get(key) ?? []), mask]);
  }
  return [...groups.values()].map((group) => {
    const { rows, columns } = group[0] as FindingMask;
    return { rows, columns, masks: group };
  });
}

/**
 * A place in space is whole or left out: the thickness of a slice is required beside it (PS3.3 C.7.6.16.2.1) and not to be made up. Without it
 * the mask lies where the image lies that it names.
 */
function placedWhole(mask: FindingMask): FindingMask {
  if (mask.geometry?.thickness !== undefined) return mask;
  const { geometry: _geometry, ...rest } = mask;
  return rest;
}

/** The masks of a finding as Segmentation (PS3.3 A.51): binary, a segment for each label, a frame for each mask. Throws BH_FINDING_INVALID. */
export function segmentation(scene: ResultScene, own: ResultIdentity, group: MaskGroup): WritableDataset {
  const { rows, columns } = group;
  const labels = labelsOf(group.masks);
  const masks = inSegmentOrder(group.masks, labels);
  const places = [...new Set(masks.map(placeOf))];
  const frameOfReference = masks[0]?.geometry?.frameOfReferenceUid;
  const organization = scene.uid('dimensions', ...resultParts(scene), frameOfReference ?? '');
  const images = scene.evidence.filter(({ sopInstanceUid }) =>
    masks.some((mask) => mask.sopInstanceUid === sopInstanceUid),
  );
  return datasetOf({
    ...sharedModules(scene, own),
    ContentDate: scene.date,
    ContentTime: scene.time,
    ImageType: ['DERIVED', 'PRIMARY'],
    FrameOfReferenceUID: frameOfReference,
    PositionReferenceIndicator: frameOfReference === undefined ? undefined : null,
    PatientOrientation: frameOfReference === undefined ? null : undefined,
    SamplesPerPixel: 1,
    PhotometricInterpretation: 'MONOCHROME2',
    Rows: rows,
    Columns: columns,
    BitsAllocated: 1,
    BitsStored: 1,
    HighBit: 0,
    PixelRepresentation: 0,
    LossyImageCompression: '00',
    SegmentationType: 'BINARY',
    SegmentsOverlap: 'UNDEFINED',
    ContentLabel: 'AI_PRELIMINARY',
    ContentDescription: line(
      `PRELIMINARY - AI: ${scene.finding.model.name} ${scene.finding.model.version}`,
      64,
    ),
    ContentCreatorName: null,
    SegmentSequence: labels.map((label, i) => segmentItem(scene, label, i + 1)),
    DimensionOrganizationSequence: [datasetOf({ DimensionOrganizationUID: organization })],
    DimensionIndexSequence: dimensions(organization, frameOfReference !== undefined),
    SharedFunctionalGroupsSequence: [sharedGroups(masks)],
    PerFrameFunctionalGroupsSequence: masks.map((mask) => frameGroups(scene, mask, labels, places)),
    NumberOfFrames: masks.length,
    ReferencedSeriesSequence: images.length > 0 ? bySeries(images, 'ReferencedInstanceSequence') : undefined,
    PixelData: { vr: 'OB', value: packFrames(masks.map(maskBits), rows * columns) },
  });
}

const keyOf = ({ label }: FindingMask): string => `${label.system}|${label.code}`;

/** One image, or one frame of it. */
const placeOf = ({ sopInstanceUid, frame }: FindingMask): string => `${sopInstanceUid}|${frame ?? ''}`;

function labelsOf(masks: readonly FindingMask[]): readonly FindingMask[] {
  return [...new Map(masks.map((mask) => [keyOf(mask), mask])).values()];
}

function inSegmentOrder(
  masks: readonly FindingMask[],
  labels: readonly FindingMask[],
): readonly FindingMask[] {
  return labels.flatMap((label) => masks.filter((mask) => keyOf(mask) === keyOf(label)));
}

function segmentItem(
  { finding: { model } }: ResultScene,
  { label }: FindingMask,
  number: number,
): WritableDataset {
  return datasetOf({
    SegmentNumber: number,
    SegmentLabel: line(label.display, 64),
    SegmentDescription: line(`PRELIMINARY - AI: ${label.display}`, 1024),
    SegmentAlgorithmType: 'AUTOMATIC',
    SegmentAlgorithmName: line(`${model.name} ${model.version}`, 64),
    SegmentedPropertyCategoryCodeSequence: [codeItem(morphologicAbnormality)],
    SegmentedPropertyTypeCodeSequence: [codeItem(codeOf(label))],
    SegmentationAlgorithmIdentificationSequence: [
      datasetOf({
        AlgorithmFamilyCodeSequence: [codeItem(['123109', 'DCM', 'Artificial Intelligence'])],
        AlgorithmName: line(model.name, 64),
        AlgorithmVersion: line(model.version, 64),
        AlgorithmParameters: line(`SHA-256 ${model.sha256}`, 1024),
        AlgorithmSource: line(model.publisher, 64),
      }),
    ],
  });
}

/** Frames are indexed by segment and by the image (its position, where it has one). */
function dimensions(organization: string, hasPosition: boolean): readonly WritableDataset[] {
  const image = hasPosition
    ? { pointer: 'ImagePositionPatient', group: 'PlanePositionSequence', label: 'Position' }
    : { pointer: 'SourceImageSequence', group: 'DerivationImageSequence', label: 'Image' };
  const segment = {
    pointer: 'ReferencedSegmentNumber',
    group: 'SegmentIdentificationSequence',
    label: 'Segment',
  };
  return [segment, image].map(({ pointer, group, label }) =>
    datasetOf({
      DimensionOrganizationUID: organization,
      DimensionIndexPointer: [tagOf(pointer) ?? 0],
      FunctionalGroupPointer: [tagOf(group) ?? 0],
      DimensionDescriptionLabel: label,
    }),
  );
}

/** What all frames have in common: pixel spacing and orientation, where the images have a place in space. */
function sharedGroups(masks: readonly FindingMask[]): WritableDataset {
  const geometry = masks[0]?.geometry;
  if (geometry === undefined) return datasetOf({});
  return datasetOf({
    PixelMeasuresSequence: [
      datasetOf({
        PixelSpacing: geometry.spacing,
        SliceThickness: geometry.thickness,
      }),
    ],
    PlaneOrientationSequence: [datasetOf({ ImageOrientationPatient: geometry.orientation })],
  });
}

function frameGroups(
  scene: ResultScene,
  mask: FindingMask,
  labels: readonly FindingMask[],
  places: readonly string[],
): WritableDataset {
  const segment = labels.findIndex((label) => keyOf(label) === keyOf(mask)) + 1;
  const { position } = mask.geometry ?? {};
  return datasetOf({
    FrameContentSequence: [datasetOf({ DimensionIndexValues: [segment, places.indexOf(placeOf(mask)) + 1] })],
    PlanePositionSequence: position && [datasetOf({ ImagePositionPatient: position })],
    DerivationImageSequence: [derivation(scene, mask)],
    SegmentIdentificationSequence: [datasetOf({ ReferencedSegmentNumber: segment })],
  });
}

function derivation({ evidence }: ResultScene, mask: FindingMask): WritableDataset {
  const image = evidence.find(({ sopInstanceUid }) => sopInstanceUid === mask.sopInstanceUid);
  const source =
    image === undefined
      ? []
      : [
          new Map([
            ...referenceItem(image),
            ...datasetOf({
              ReferencedFrameNumber: mask.frame === undefined ? undefined : [mask.frame],
              PurposeOfReferenceCodeSequence: [
                codeItem(['121322', 'DCM', 'Source Image for Image Processing Operation']),
              ],
            }),
          ]),
        ];
  return datasetOf({
    DerivationCodeSequence: [codeItem(['113076', 'DCM', 'Segmentation'])],
    SourceImageSequence: source,
  });
}
