import { z } from 'zod';
import { type InferenceJob, inferenceJobContentType } from '../../core/inference.ts';
import type { OrderFacts } from '../../core/order.ts';
import { urgencyPriority } from '../../core/order.ts';
import type { Study } from '../../core/study.ts';
import { compileCondition } from '../../mappings/expression/condition.ts';
import type { StepKind } from '../channel/catalog.ts';
import { dicomAttribute, type PathReader } from '../process/paths.ts';

const settings = z
  .array(z.strictObject({ model: z.string().min(1), when: z.string().optional() }))
  .min(1)
  .max(256);

/** What a routing rule sees: the study and, where the accession number is known, its order. */
export interface RoutedStudy {
  readonly study: Study;
  readonly order?: OrderFacts;
}

/** A path of a rule: a DICOM keyword (the values of all instances, each once) or `order.urgency`, `order.procedure`. */
function routePath(path: string): PathReader<RoutedStudy> {
  if (path === 'order.urgency') return ({ order }) => (order ? [order.urgency] : []);
  if (path === 'order.procedure') return ({ order }) => (order?.procedure ? [order.procedure.code] : []);
  const read = dicomAttribute(path);
  return ({ study }) => [...new Set(study.instances.flatMap((instance) => read(instance)))];
}

/**
 * `route`: a complete study goes to every model whose rule holds, as one job each for the grid. The urgency of the order sets
 * the priority.
 */
export const routeStudy: StepKind<z.output<typeof settings>> = {
  kind: 'route',
  settings,
  create(rules) {
    const compiled = rules.map(({ model, when }) => ({
      model,
      holds: when === undefined ? () => true : compileCondition<RoutedStudy>(when, routePath),
    }));
    return {
      kind: 'route',
      takes: ['dicom', 'notice', 'timer'],
      apply(_input, output) {
        const { study, order } = output;
        if (!study) return;
        const routed = order ? { study, order } : { study };
        const chosen = compiled.filter((rule) => rule.holds(routed)).map((rule) => rule.model);
        output.report.route = { study: study.studyInstanceUid, version: study.version, models: chosen };
        for (const model of chosen) output.products.push(jobOf(study, order, model));
      },
    };
  },
};

function jobOf(study: Study, order: OrderFacts | undefined, model: string) {
  const urgency = order?.urgency ?? 'routine';
  const job: InferenceJob = order ? { study, model, urgency, order } : { study, model, urgency };
  return {
    contentType: inferenceJobContentType,
    bytes: new TextEncoder().encode(JSON.stringify(job)),
    keys: [`${study.studyInstanceUid}|${model}`],
    priority: urgencyPriority[urgency],
    facts: { model, study: study.studyInstanceUid, version: study.version },
  };
}
