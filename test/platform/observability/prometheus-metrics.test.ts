import { expect, test } from '@jest/globals';
import { createPrometheusMetrics } from '../../../platform/observability/prometheus-metrics.ts';

test('counters, gauges and histograms appear in the text', async () => {
  const metrics = createPrometheusMetrics({ withProcess: false });
  const definition = { name: 'bithive_messages_total', help: 'Messages.', labels: ['channel'] };
  metrics.counter(definition).add(2, { channel: 'a' });
  metrics.counter(definition).add(1, { channel: 'a' });
  metrics.gauge({ name: 'bithive_queue_depth', help: 'Depth.' }).set(5);
  metrics.histogram({ name: 'bithive_ack_duration_seconds', help: 'ACK.', buckets: [0.1, 1] }).observe(0.5);
  metrics.observe({ name: 'bithive_disk_free_bytes', help: 'Free.' }, async () => 9);
  const text = await metrics.text();
  expect(text).toContain('bithive_messages_total{channel="a"} 3');
  expect(text).toContain('bithive_queue_depth 5');
  expect(text).toContain('bithive_ack_duration_seconds_bucket{le="1"} 1');
  expect(text).toContain('bithive_disk_free_bytes 9');
});

test('two engines in one process keep their own numbers', async () => {
  const [a, b] = [
    createPrometheusMetrics({ withProcess: true }),
    createPrometheusMetrics({ withProcess: true }),
  ];
  a.counter({ name: 'bithive_x_total', help: 'x' }).add(1);
  expect(await b.text()).not.toContain('bithive_x_total');
  expect(await b.text()).toContain('bithive_nodejs_eventloop_lag_seconds');
});

test('a name outside the convention is a bug', () => {
  const metrics = createPrometheusMetrics({ withProcess: false });
  expect(() => metrics.gauge({ name: 'queueDepth', help: '' })).toThrow('metric name');
});
