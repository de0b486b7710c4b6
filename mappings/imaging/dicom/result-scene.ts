import type { Finding } from '../../../core/inference.ts';
import type { StudyInstance } from '../../../core/study.ts';
import { printMoment } from '../../hl7v2/values/zone.ts';
import { uidOfUuid } from '../../identity/dicom-uid.ts';
import { type NameUuid, nameUuid } from '../../identity/uuid.ts';
import type { SiteSettings } from '../../site.ts';

/** The forms in which a result goes to an archive. */
export const resultKinds = ['sr', 'sc', 'pdf', 'seg'] as const;
export type ResultKind = (typeof resultKinds)[number];

/** The structured report of the version of the study before this one, by the same model. */
export interface EarlierReport {
  readonly sopInstanceUid: string;
  readonly seriesInstanceUid: string;
}

/** One finding on its way to DICOM objects. */
export interface ResultScene {
  readonly finding: Finding;
  readonly site: SiteSettings;
  /** The image that the model read, else any of the study: whose patient and study the result is of. */
  readonly source: StudyInstance | undefined;
  /** The images that the result refers to. */
  readonly evidence: readonly StudyInstance[];
  readonly earlier: EarlierReport | undefined;
  /** When the model ran, as DA and TM in the zone of the study's own times. */
  readonly date: string;
  readonly time: string;
  /** A UID that is the same for the same parts, at this site, for ever. */
  uid(...parts: readonly string[]): string;
}

export function resultSceneOf(
  finding: Finding,
  site: SiteSettings,
  earlier: EarlierReport | undefined,
): ResultScene {
  const { instances } = finding.study;
  const named = new Set([
    finding.sopInstanceUid,
    ...(finding.status === 'completed' ? (finding.masks ?? []).map((mask) => mask.sopInstanceUid) : []),
  ]);
  const evidence = instances.filter(({ sopInstanceUid }) => named.has(sopInstanceUid));
  const source = evidence.find((one) => one.sopInstanceUid === finding.sopInstanceUid) ?? instances[0];
  const uuid: NameUuid = nameUuid(site.namespace);
  const [date, time] = localMoment(finding.ranAtMs, source?.timezoneOffset, site.zone);
  return {
    finding,
    site,
    source,
    evidence,
    earlier,
    date,
    time,
    uid: (...parts) => uidOfUuid(uuid('dicom-result', ...parts)),
  };
}

/**
 * What makes a result the same result: another version of study or model gives another object, and so does another answer to the same question, such
 * as one after a refusal whose cause was repaired.
 */
export const resultParts = ({ finding }: ResultScene): readonly string[] => [
  finding.study.studyInstanceUid,
  String(finding.study.version),
  finding.model.name,
  finding.model.version,
  finding.model.sha256,
  finding.status === 'completed' ? String(finding.positive) : finding.code,
];

/** A series holds one form of one model's results, over all versions of the study. */
export const seriesParts = ({ finding: { study, model } }: ResultScene): readonly string[] => [
  study.studyInstanceUid,
  model.name,
  model.version,
  model.sha256,
];

/** The study's own offset (0008,0201), so that all times of a study are of one clock; else the site's zone. */
function localMoment(ms: number, offset: string | undefined, zone: string): readonly [string, string] {
  const [, sign, hours, minutes] = /^([+-])(\d\d)(\d\d)$/.exec(offset ?? '') ?? [];
  const shift = sign === undefined ? 0 : (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes));
  const text = sign === undefined ? printMoment(ms, zone) : new Date(ms + shift * 60_000).toISOString();
  return [text.slice(0, 10).replaceAll('-', ''), text.slice(11, 19).replaceAll(':', '')];
}
