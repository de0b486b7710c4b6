import { z } from 'zod';
import type { InferenceJob } from '../../core/inference.ts';
import type { Json, JsonObject } from '../../core/json.ts';
import { limits } from '../../core/limits.ts';
import type { OrderFacts } from '../../core/order.ts';
import type { Study, StudyInstance } from '../../core/study.ts';
import type { PriorStudy, StudyQuery } from '../../core/study-query.ts';
import { orderSchema } from '../../core/study-schema.ts';

/** What a model wants to see of a patient's earlier studies. */
export interface PriorNeeds {
  readonly count: number;
  readonly modalities: readonly string[];
  readonly sameBodyPart: boolean;
}

export const priorsTimer = 'study-priors';

const priorsStateSchema = z.object({
  /** Models that wait for the archive's answer, and what they are to be run with. */
  waiting: z.exactOptional(
    z.object({
      version: z.int().min(1),
      models: z.array(z.string()),
      order: z.exactOptional(orderSchema),
    }),
  ),
  /** The archive's answer; its instances are the items of the state. */
  studies: z.exactOptional(
    z.array(z.object({ studyInstanceUid: z.string(), studyDate: z.exactOptional(z.string()) })),
  ),
  missing: z.exactOptional(z.string()),
});

export interface PriorsState {
  readonly waiting?: {
    readonly version: number;
    readonly models: readonly string[];
    readonly order?: OrderFacts;
  };
  readonly studies?: readonly Omit<PriorStudy, 'instances'>[];
  readonly missing?: string;
}

/** Undefined where nothing is kept, or what another release kept cannot be read: the archive is then asked again. */
export const parsePriorsState = (value: Json | undefined): PriorsState | undefined =>
  value === undefined || value === null ? undefined : priorsStateSchema.safeParse(value).data;

/** Null where the images name no patient: nobody can be asked then. */
export function priorsQuery(study: Study, needs: readonly PriorNeeds[]): StudyQuery | null {
  const named = study.instances.find(({ patientId }) => patientId);
  if (named?.patientId === undefined) return null;
  const { patientId, patientIdIssuer, studyDate } = named;
  const isAny = needs.some(({ modalities }) => modalities.length === 0);
  return {
    ask: 'priors',
    studyInstanceUid: study.studyInstanceUid,
    patientId,
    ...(patientIdIssuer === undefined ? {} : { patientIdIssuer }),
    modalities: isAny ? [] : [...new Set(needs.flatMap(({ modalities }) => modalities))],
    ...(studyDate === undefined ? {} : { before: studyDate }),
    studiesMax: Math.min(limits.priorStudiesMax, Math.max(...needs.map(({ count }) => count))),
  };
}

/** Of the earlier studies what one model asks for, the newest first. */
export function priorsFor(
  needs: PriorNeeds,
  study: Study,
  priors: readonly PriorStudy[],
): readonly PriorStudy[] {
  const bodyParts = new Set(study.instances.flatMap(({ bodyPart }) => (bodyPart ? [bodyPart] : [])));
  const isWanted = ({ modality, bodyPart }: StudyInstance): boolean => {
    if (needs.modalities.length > 0 && !needs.modalities.includes(modality)) return false;
    // A header that names no part speaks neither for it nor against.
    return !needs.sameBodyPart || bodyParts.size === 0 || !bodyPart || bodyParts.has(bodyPart);
  };
  return priors
    .map((prior) => ({ ...prior, instances: prior.instances.filter(isWanted) }))
    .filter(({ instances }) => instances.length > 0)
    .sort((a, b) => (b.studyDate ?? '').localeCompare(a.studyDate ?? ''))
    .slice(0, needs.count);
}

/** The job of a model, with what it was to have of earlier studies. */
export function jobOf(
  study: Study,
  order: OrderFacts | undefined,
  model: string,
  priors?: { readonly priors: readonly PriorStudy[]; readonly missing?: string },
): InferenceJob {
  return {
    study,
    model,
    urgency: order?.urgency ?? 'routine',
    ...(order === undefined ? {} : { order }),
    ...(priors === undefined ? {} : { priors: priors.priors }),
    ...(priors?.missing === undefined ? {} : { priorsMissing: priors.missing }),
  };
}

export const priorsJson = (value: PriorsState | StudyInstance): JsonObject =>
  JSON.parse(JSON.stringify(value)) as JsonObject;
