import type { Counter, Gauge, Histogram, Labels, Metrics } from '../../core/ports/index.ts';

export type Outcome = 'accepted' | 'duplicate' | 'refused' | 'relayed' | 'failed';

export function outcomeLabels(listener: string): Readonly<Record<Outcome, Labels>> {
  const of = (outcome: Outcome): Labels => ({ listener, outcome });
  return {
    accepted: of('accepted'),
    duplicate: of('duplicate'),
    refused: of('refused'),
    relayed: of('relayed'),
    failed: of('failed'),
  };
}

/** What one listener counts; every sample carries its name. */
export interface InboundMetrics {
  readonly messages: Counter;
  readonly frameFaults: Counter;
  readonly skipped: Counter;
  readonly turnedAway: Counter;
  readonly givenUp: Counter;
  readonly connections: Gauge;
  readonly bufferedBytes: Gauge;
  readonly answerSeconds: Histogram;
}

export function inboundMetrics(metrics: Metrics): InboundMetrics {
  const labels = ['listener'];
  return {
    messages: metrics.counter({
      name: 'bithive_hl7v2_messages_total',
      help: 'Messages received, by outcome: accepted, duplicate, refused, relayed, failed.',
      labels: [...labels, 'outcome'],
    }),
    frameFaults: metrics.counter({
      name: 'bithive_hl7v2_frame_faults_total',
      help: 'Frames that were cut, broken, too large, too slow, or given up for lack of memory.',
      labels: [...labels, 'fault'],
    }),
    skipped: metrics.counter({
      name: 'bithive_hl7v2_skipped_bytes_total',
      help: 'Bytes between frames that were passed over.',
      labels,
    }),
    turnedAway: metrics.counter({
      name: 'bithive_hl7v2_connections_refused_total',
      help: 'Connections over the limit or without a valid TLS handshake.',
      labels: [...labels, 'reason'],
    }),
    givenUp: metrics.counter({
      name: 'bithive_hl7v2_connections_given_up_total',
      help: 'Connections that the door closed because the sender did not read its answers.',
      labels,
    }),
    bufferedBytes: metrics.gauge({
      name: 'bithive_hl7v2_buffered_bytes',
      help: 'What the connections hold of large unfinished frames, of messages without answer and of answers that are not read.',
      labels,
    }),
    connections: metrics.gauge({
      name: 'bithive_hl7v2_connections_count',
      help: 'Open connections.',
      labels,
    }),
    answerSeconds: metrics.histogram({
      name: 'bithive_hl7v2_answer_seconds',
      help: 'From the end of a frame to its answer.',
      labels,
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30],
    }),
  };
}
