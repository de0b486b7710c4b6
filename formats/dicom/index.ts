export { type ByteSource, bytesSource } from './byte-source.ts';
export { DicomDataset } from './dataset.ts';
export { DicomElement, type Fragment } from './element.ts';
export { instanceFacts } from './instance-facts.ts';
export { type NameGroup, type PersonName, parsePersonName } from './person-name.ts';
export { readDataset } from './read-dataset.ts';
export { readHeader } from './read-header.ts';
export { formatTag, tags } from './tags.ts';
export { verifyPixelData } from './verify-pixel-data.ts';
