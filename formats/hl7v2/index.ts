export { type AckCode, type AckRequest, buildAck } from './acknowledgement.ts';
export { type BatchHeader, printBatchAnswer, readBatchHeader } from './batch-header.ts';
export { type BatchEvent, BatchSplitter, isBatch, splitBatch } from './batch-splitter.ts';
export {
  type ComponentValue,
  encodingCharacters,
  type FieldValue,
  type OutboundSegment,
  type PrintOptions,
  printMessage,
} from './build.ts';
export { type Charset, decodeBytes } from './charset.ts';
export { encodingOf } from './charset-names.ts';
export { hl7ContentType } from './content-type.ts';
export { type Delimiters, standardDelimiters } from './delimiters.ts';
export { encodeText } from './encode.ts';
export { escapeText, unescapeText } from './escape.ts';
export { Hl7Message } from './message.ts';
export { type ParseOptions, parseMessage } from './parse.ts';
export { type Ack, parseAck } from './parse-ack.ts';
export { compilePath, compilePathAll } from './path.ts';
export { Hl7Segment } from './segment.ts';
export { formatTimestamp } from './timestamp.ts';
export { type CutEvent, ValueCutter, withoutLargeValues } from './value-cutter.ts';
