import type { OrderFacts } from '../../core/order.ts';
import type { Study, StudyInstance } from '../../core/study.ts';
import { type Condition, explainedCondition, type Groups } from '../../mappings/index.ts';
import { dicomAttribute, type PathReader } from '../process/paths.ts';

/** What a rule about a study sees: its instances and, where it is known, its order. */
export interface StudySubject {
  readonly study: Pick<Study, 'instances'>;
  readonly order?: OrderFacts;
}

const orderPaths: { readonly [path: string]: (order: OrderFacts) => string | undefined } = {
  'order.urgency': ({ urgency }) => urgency,
  'order.status': ({ status }) => status ?? 'active',
  'order.modality': ({ modality }) => modality,
  'order.procedure': ({ procedure }) => procedure?.code,
  'order.procedureText': ({ procedure }) => procedure?.display,
};

const patientPaths: { readonly [path: string]: (instance: StudyInstance) => string | undefined } = {
  'patient.age': ageYears,
  'patient.sex': ({ patientSex }) => patientSex,
};

/**
 * Compiles a condition about a study. A path is a DICOM keyword (the values of all instances, each once), a fact of the order
 * (`order.urgency`) or of the patient (`patient.age`, in years on the study date). `count(series where …)` and `count(instances where …)`
 * judge each series or instance alone.
 *
 * @throws BH_CONFIG_EXPRESSION
 */
export const studyCondition = (source: string): Condition<StudySubject> =>
  explainedCondition(source, studyPath, groups);

function studyPath(path: string): PathReader<StudySubject> {
  const ofOrder = Object.hasOwn(orderPaths, path) ? orderPaths[path] : undefined;
  if (ofOrder) return ({ order }) => valued(order && ofOrder(order));
  const ofPatient = Object.hasOwn(patientPaths, path) ? patientPaths[path] : undefined;
  if (ofPatient) return ({ study }) => distinct(study.instances.flatMap((one) => valued(ofPatient(one))));
  const read = dicomAttribute(path, [...Object.keys(orderPaths), ...Object.keys(patientPaths)]);
  return ({ study }) => distinct(study.instances.flatMap((instance) => read(instance)));
}

const groups: Groups<StudySubject> = {
  instances: (subject) =>
    subject.study.instances.map((instance) => ({ ...subject, study: { instances: [instance] } })),
  series: (subject) => {
    const series = new Map<string, StudyInstance[]>();
    for (const instance of subject.study.instances) {
      const known = series.get(instance.seriesInstanceUid);
      if (known) known.push(instance);
      else series.set(instance.seriesInstanceUid, [instance]);
    }
    return [...series.values()].map((instances) => ({ ...subject, study: { instances } }));
  },
};

const valued = (value: string | undefined): readonly string[] =>
  value === undefined || value === '' ? [] : [value];
const distinct = (values: readonly string[]): readonly string[] => [...new Set(values)];

/** Whole years from birth to the study, else what the object says: 18M of (0010,1010) is one year. */
function ageYears({ patientBirthDate, studyDate, patientAge }: StudyInstance): string | undefined {
  const [born, done] = [day(patientBirthDate), day(studyDate)];
  if (born !== undefined && done !== undefined && done >= born)
    return String(Math.floor((done - born) / 10_000));
  const [, count, unit = ''] = /^(\d{3})([DWMY])$/.exec(patientAge ?? '') ?? [];
  if (count === undefined) return undefined;
  return String(Math.floor(Number(count) / (perYear[unit] ?? 1)));
}

const perYear: { readonly [unit: string]: number } = { D: 365.25, W: 52.18, M: 12, Y: 1 };

/** YYYYMMDD as a number: the difference of two, by 10,000, is whole years. */
function day(text: string | undefined): number | undefined {
  const digits = text?.replaceAll('.', '') ?? '';
  return /^\d{8}$/.test(digits) ? Number(digits) : undefined;
}
