export { binaryJson } from './binary-json.ts';
export { type ElementFacts, elementOf } from './element-of.ts';
export { readSearchParameters, resourceTypeNames, type SearchParameterRow } from './element-tables.ts';
export { ensureIndexed } from './invariants.ts';
export { type FhirIssue, hasErrors } from './issue.ts';
export { parseFhirJson } from './json-guard.ts';
export { fieldOf, isObject, objectsIn, textOf, type UnknownObject } from './json-object.ts';
export {
  errorCodeSystem,
  type OperationOutcome,
  type OutcomeIssue,
  outcomeOf,
  outcomeOfIssues,
  outcomeText,
} from './operation-outcome.ts';
export { stringCharsMax } from './primitives.ts';
export { validate, validationSteps } from './validate.ts';
