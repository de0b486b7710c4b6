import { Counter, collectDefaultMetrics, Gauge, Histogram, type Metric, Registry } from 'prom-client';
import { assert } from '../../core/assert.ts';
import type { MetricDefinition, Metrics } from '../../core/ports/index.ts';

export interface PrometheusMetrics extends Metrics {
  readonly contentType: string;
  /** The exposition text of all metrics. */
  text(): Promise<string>;
  /** Asks `read` for the value each time the metrics are read. */
  observe(definition: MetricDefinition, read: () => number | Promise<number>): void;
}

const nameRule = /^bithive_[a-z0-9]+(_[a-z0-9]+)+$/;

/** A registry of its own, so that several engines can run in one process. */
export function createPrometheusMetrics(options: { readonly withProcess: boolean }): PrometheusMetrics {
  const registry = new Registry();
  if (options.withProcess) collectDefaultMetrics({ register: registry, prefix: 'bithive_' });

  function define<T extends Metric>(definition: MetricDefinition, create: (labels: string[]) => T): T {
    assert(nameRule.test(definition.name), `metric name ${definition.name}`);
    const existing = registry.getSingleMetric(definition.name);
    return (existing as T | undefined) ?? create([...(definition.labels ?? [])]);
  }
  const common = ({ name, help }: MetricDefinition, labelNames: string[]) => ({
    name,
    help,
    labelNames,
    registers: [registry],
  });

  return {
    contentType: registry.contentType,
    text: () => registry.metrics(),
    counter(definition) {
      const counter = define(definition, (labels) => new Counter(common(definition, labels)));
      return { add: (amount, labels) => (labels ? counter.inc(labels, amount) : counter.inc(amount)) };
    },
    gauge(definition) {
      const gauge = define(definition, (labels) => new Gauge(common(definition, labels)));
      return { set: (value, labels) => (labels ? gauge.set(labels, value) : gauge.set(value)) };
    },
    histogram(definition) {
      const histogram = define(
        definition,
        (labels) => new Histogram({ ...common(definition, labels), buckets: [...definition.buckets] }),
      );
      return {
        observe: (value, labels) => (labels ? histogram.observe(labels, value) : histogram.observe(value)),
      };
    },
    observe(definition, read) {
      define(
        definition,
        (labels) =>
          new Gauge({
            ...common(definition, labels),
            async collect() {
              this.set(await read());
            },
          }),
      );
    },
  };
}
