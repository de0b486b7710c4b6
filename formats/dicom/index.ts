export { type ByteSource, bytesSource } from './byte-source.ts';
export { DicomDataset } from './dataset.ts';
export { type DicomJsonOptions, dicomJson, dicomJsonPieces } from './dicom-json.ts';
export { dictionaryVr } from './dictionary.ts';
export { type DisplayImage, displayImage } from './display/display-image.ts';
export { encodePng } from './display/png.ts';
export { DicomElement, type Fragment } from './element.ts';
export { grayscale } from './grayscale/grayscale.ts';
export { luminance } from './grayscale/luminance.ts';
export { modalityValues } from './grayscale/modality-values.ts';
export { storedValues } from './grayscale/stored-values.ts';
export { type VoiWindow, voiValues, voiWindow, windowFunction } from './grayscale/voi-values.ts';
export { instanceFacts } from './instance-facts.ts';
export { keywordOf, tagOf } from './keyword.ts';
export { type NameGroup, type PersonName, parsePersonName } from './person-name.ts';
export { decodeFrame } from './pixels/decode-frame.ts';
export type { DecodedFrame, Samples } from './pixels/decoded-frame.ts';
export { type EncodedFrames, encodedFrames } from './pixels/encoded-frames.ts';
export { type FrameGeometry, frameGeometry } from './pixels/geometry.ts';
export {
  type NativeFrame,
  openLoadedPixels,
  openPixels,
  type PixelFrames,
} from './pixels/open-pixels.ts';
export { sourceBytes } from './pixels/pixel-bytes.ts';
export { type PixelDigest, pixelDigest, type SampleStatistics } from './pixels/pixel-digest.ts';
export { pixelElement } from './pixels/pixel-element.ts';
export { readBareDataset } from './read-bare-dataset.ts';
export { readDataset } from './read-dataset.ts';
export { type FileHead, readFileHead } from './read-file-head.ts';
export { type FragmentList, readFragments } from './read-fragments.ts';
export { readHeader } from './read-header.ts';
export { formatTag, isPixelDataTag, tags } from './tags.ts';
export type { TransferSyntax } from './transfer-syntax.ts';
export { transferSyntax } from './transfer-syntax.ts';
export { verifyPixelData } from './verify-pixel-data.ts';
export {
  type Plane,
  type Projection,
  type ProjectionOptions,
  projectVolume,
} from './volume/project-volume.ts';
export { type SliceGeometry, sliceGeometry } from './volume/slice-geometry.ts';
export { type Stack, type StackFlaw, stackSlices } from './volume/stack.ts';
export { readVolume, type SeriesObject, type Volume } from './volume/volume.ts';
export { datasetOf, type KeywordValue } from './write/dataset-of.ts';
export type { WriteOptions } from './write/encode-elements.ts';
export { implementationClassUid, implementationVersionName } from './write/implementation.ts';
export type { EncapsulatedPixels, WritableDataset, WritableElement } from './write/writable.ts';
export { writableOf, writableSyntax } from './write/writable-of.ts';
export { writeDataset } from './write/write-dataset.ts';
export { type Part10Options, writePart10 } from './write/write-part10.ts';
