export { type ElementFacts, elementOf } from './element-of.ts';
