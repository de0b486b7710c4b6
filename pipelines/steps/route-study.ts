import { z } from 'zod';
import { inferenceJobContentType } from '../../core/inference.ts';
import type { Json } from '../../core/json.ts';
import { type OrderFacts, urgencyPriority } from '../../core/order.ts';
import type { Study } from '../../core/study.ts';
import { studyQueryContentType } from '../../core/study-query.ts';
import type { StepKind } from '../channel/catalog.ts';
import type { Product } from '../process/step.ts';
import { jobOf, type PriorNeeds, priorsTimer } from '../study/priors.ts';
import { compileRouting, type Routing, rulesSchema } from '../study/routing.ts';
import { AwaitedPriors, type JobPriors } from './await-priors.ts';

export const routeSettings = z.union([
  rulesSchema.transform((rules) => ({ rules, priorsWaitMs: priorsWaitMsDefault })),
  z.strictObject({
    rules: rulesSchema,
    /** Destination that is asked for earlier studies, for the models that want some; null, as a variable may say: none is. */
    priorsFrom: z.string().min(1).nullable().exactOptional(),
    /** Without an answer in this time the model is run without them. */
    priorsWaitMs: z
      .number()
      .int()
      .min(1)
      .max(3_600_000)
      .default(() => priorsWaitMsDefault),
  }),
]);
type RouteSettings = z.output<typeof routeSettings> & { readonly priorsFrom?: string | null };

const priorsWaitMsDefault = 60_000;

/** What models want of earlier studies; undefined for one that wants nothing. */
export type PriorNeedsOf = (model: string) => PriorNeeds | undefined;

/**
 * `route`: a complete study goes to every model whose rule holds, as one job each for the grid. The urgency of the order sets
 * the priority. A model that compares with earlier studies waits for them.
 */
export function routeStudy(needsOf: PriorNeedsOf = () => undefined): StepKind<RouteSettings> {
  return {
    kind: 'route',
    settings: routeSettings,
    create({ rules, priorsFrom: named, priorsWaitMs }, { channel }) {
      const priorsFrom = named ?? undefined;
      const routing = compileRouting(rules);
      return {
        kind: 'route',
        takes: ['dicom', 'notice', 'timer'],
        asks:
          priorsFrom === undefined ? [] : [{ destination: priorsFrom, contentType: studyQueryContentType }],
        apply(input, output) {
          const { study, order } = output;
          const { kind, type } = input.message;
          const add = (product: Product) => output.products.push(product);
          const awaited = new AwaitedPriors({ channel, priorsFrom, priorsWaitMs, needsOf, input, output });
          const run = (model: string, of: Study, by: OrderFacts | undefined, priors?: JobPriors) =>
            add(jobProduct(of, by, model, priors));
          if (kind === 'timer' && type === priorsTimer) awaited.givenUp(run);
          else if (kind === 'notice') awaited.answered(run);
          if (!study) return;
          const routed = routing(order ? { study, order } : { study });
          const waiting = awaited.ask(study, order, routed.models, run);
          output.report.route = reportOf(study, routed, waiting);
        },
      };
    },
  };
}

/** What is told of a rule, at most. */
const whyCharsMax = 300;

const reportOf = (study: Study, { rules, models }: Routing, waiting: readonly string[]): Json => ({
  study: study.studyInstanceUid,
  version: study.version,
  models: [...models],
  ...(waiting.length > 0 ? { waitForPriors: [...waiting] } : {}),
  rules: rules.map(({ rule, said, why }) => ({ rule, said, why: why.slice(0, whyCharsMax) })),
});

function jobProduct(study: Study, order: OrderFacts | undefined, model: string, priors?: JobPriors): Product {
  const job = jobOf(study, order, model, priors);
  return {
    contentType: inferenceJobContentType,
    bytes: new TextEncoder().encode(JSON.stringify(job)),
    keys: [`${study.studyInstanceUid}|${model}`],
    priority: urgencyPriority[job.urgency],
    facts: { model, study: study.studyInstanceUid, version: study.version },
  };
}
