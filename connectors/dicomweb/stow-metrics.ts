import type { Metrics } from '../../core/ports/index.ts';
import type { InstanceResult } from '../dicom-objects/instance-result.ts';

export interface StowMetrics {
  requestEnded(status: number, seconds: number): void;
  instanceEnded(result: InstanceResult): void;
  bodyBroken(code: string): void;
  openRequests(count: number): void;
}

export function stowMetrics(metrics: Metrics): StowMetrics {
  const requests = metrics.histogram({
    name: 'bithive_dicomweb_request_seconds',
    help: 'Time of store requests, from head to answer, by HTTP status.',
    labels: ['status'],
    buckets: [0.01, 0.05, 0.1, 0.5, 1, 5, 10, 60, 300],
  });
  const instances = metrics.counter({
    name: 'bithive_dicomweb_instances_total',
    help: 'Instances by outcome: stored, flagged, duplicate, refused (kept in quarantine), failed (not kept).',
    labels: ['outcome'],
  });
  const broken = metrics.counter({
    name: 'bithive_dicomweb_broken_bodies_total',
    help: 'Bodies that ended before their end, by error code; the instance in hand was discarded.',
    labels: ['code'],
  });
  const open = metrics.gauge({
    name: 'bithive_dicomweb_open_requests',
    help: 'Store requests being read.',
  });
  return {
    requestEnded: (status, seconds) => requests.observe(seconds, { status: String(status) }),
    instanceEnded: (result) => instances.add(1, { outcome: outcomeOf(result) }),
    bodyBroken: (code) => broken.add(1, { code }),
    openRequests: (count) => open.set(count),
  };
}

function outcomeOf(result: InstanceResult): string {
  if (result.kind === 'refused') return result.isKept ? 'refused' : 'failed';
  if (result.duplicate) return 'duplicate';
  return result.warning === undefined ? 'stored' : 'flagged';
}
