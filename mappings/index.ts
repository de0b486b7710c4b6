export type { Bundle, BundleEntry, FhirObject, FhirValue, Identifier, Resource } from './bundle/bundle.ts';
export { printBundle } from './bundle/print.ts';
export {
  compileCondition,
  explainedCondition,
  type Groups,
  type ResolvePath,
} from './expression/condition.ts';
export type { Condition } from './expression/tests.ts';
export { type FhirToHl7Map, loadFhirToHl7Map, type OutboundConversion } from './fhir-to-hl7v2/load.ts';
export { type OutboundSettings, outboundSettingsSchema } from './fhir-to-hl7v2/settings.ts';
export { parseWithDigits } from './fhir-to-hl7v2/values/digits.ts';
export { checkCase } from './hl7v2/cases/check-case.ts';
export { readCase } from './hl7v2/cases/read-case.ts';
export { hashOf as hashOfFiles, type MapFiles } from './hl7v2/compiler/map-files.ts';
export type { Change } from './hl7v2/diff/compare.ts';
export { compareHl7 } from './hl7v2/diff/compare-hl7.ts';
export { diffMessage } from './hl7v2/diff/diff-message.ts';
export { DiffSummary, type MapDiff } from './hl7v2/diff/summary.ts';
export type { Explanation, MapIssue, Residue } from './hl7v2/issue.ts';
export { type Conversion, type Hl7ToFhirMap, loadHl7ToFhirMap, type MapOptions } from './hl7v2/load.ts';
export { momentOfMessage } from './hl7v2/message-moment.ts';
export { orderingKeys } from './hl7v2/ordering-keys.ts';
export { overlayJsonSchemas } from './hl7v2/overlay/json-schema.ts';
export { mapNames } from './hl7v2/overlay/map-names.ts';
export { type Overlay, refuseStrangers } from './hl7v2/overlay/overlay.ts';
export { readOverlay } from './hl7v2/overlay/read-overlay.ts';
export type { ConvertContext } from './hl7v2/run.ts';
export { type EditedMessage, type Hl7ToHl7Map, loadHl7ToHl7Map } from './hl7v2-to-hl7v2/load.ts';
export { uidOfUuid } from './identity/dicom-uid.ts';
export { findingToBundle, lateLinkToBundles } from './imaging/finding-to-bundle.ts';
export { loadMaps, type MapSet, ownRowFiles, ownRowsHash } from './map-set.ts';
export { parseSiteSettings, type SiteSettings, siteSettingsSchema } from './site.ts';
