export type { Bundle, BundleEntry, FhirObject, FhirValue, Identifier, Resource } from './bundle/bundle.ts';
export { printBundle } from './bundle/print.ts';
export { compileCondition, type ResolvePath } from './expression/condition.ts';
export type { Explanation, MapIssue, Residue } from './hl7v2/issue.ts';
export { type Conversion, type Hl7ToFhirMap, loadHl7ToFhirMap } from './hl7v2/load.ts';
export { orderingKeys } from './hl7v2/ordering-keys.ts';
export type { ConvertContext } from './hl7v2/run.ts';
export { findingToBundle } from './imaging/finding-to-bundle.ts';
export { parseSiteSettings, type SiteSettings, siteSettingsSchema } from './site.ts';
