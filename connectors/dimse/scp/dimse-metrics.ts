import { toBitHiveError } from '../../../core/errors.ts';
import type { Metrics } from '../../../core/ports/index.ts';
import type { InstanceResult } from '../../dicom-objects/instance-result.ts';

export interface DimseMetrics {
  associationEnded(how: string, seconds: number): void;
  openAssociations(count: number): void;
  instanceEnded(result: InstanceResult): void;
  objectBroken(cause: unknown): void;
}

export function dimseMetrics(metrics: Metrics, listener: string): DimseMetrics {
  const associations = metrics.histogram({
    name: 'bithive_dimse_association_seconds',
    help: 'Time of associations, from connection to end: released, or the error code.',
    labels: ['listener', 'end'],
    buckets: [0.1, 1, 10, 60, 600, 3600],
  });
  const open = metrics.gauge({
    name: 'bithive_dimse_open_associations',
    help: 'Associations that are open.',
    labels: ['listener'],
  });
  const instances = metrics.counter({
    name: 'bithive_dimse_instances_total',
    help: 'Instances by outcome: stored, flagged, duplicate, refused (kept in quarantine), failed (not kept).',
    labels: ['listener', 'outcome'],
  });
  const broken = metrics.counter({
    name: 'bithive_dimse_broken_objects_total',
    help: 'Objects that broke off before their end, by error code; what had come was discarded.',
    labels: ['listener', 'code'],
  });
  return {
    associationEnded: (end, seconds) => associations.observe(seconds, { listener, end }),
    openAssociations: (count) => open.set(count, { listener }),
    instanceEnded: (result) => instances.add(1, { listener, outcome: outcomeOf(result) }),
    objectBroken: (cause) => broken.add(1, { listener, code: toBitHiveError(cause).code }),
  };
}

function outcomeOf(result: InstanceResult): string {
  if (result.kind === 'refused') return result.isKept ? 'refused' : 'failed';
  if (result.duplicate) return 'duplicate';
  return result.warning === undefined ? 'stored' : 'flagged';
}
