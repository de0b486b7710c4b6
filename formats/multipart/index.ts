export { type MediaType, parseMediaType } from './media-type.ts';
export type { PartHeaders } from './part-headers.ts';
export { type MultipartPart, readMultipart } from './reader.ts';
export type { MultipartLimits } from './splitter.ts';
export {
  boundaryOf,
  multipartBytesCount,
  multipartRelated,
  type OutgoingPart,
  writeMultipart,
} from './writer.ts';
