export type { Charset } from './charset.ts';
export { type Delimiters, standardDelimiters } from './delimiters.ts';
export { escapeText, unescapeText } from './escape.ts';
export { Hl7Message } from './message.ts';
export { type ParseOptions, parseMessage } from './parse.ts';
export { compilePath, compilePathAll } from './path.ts';
export { Hl7Segment } from './segment.ts';
