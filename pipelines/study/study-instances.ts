import type { StudyInstance } from '../../core/study.ts';
import type { StateReader } from '../process/step.ts';
import { parseStoredInstance } from './stored.ts';

/** The instances of a study that this channel assembled, in the order in which they were taken. */
export function instancesOf(state: StateReader, channel: string, key: string): readonly StudyInstance[] {
  return state
    .items(channel, key)
    .map((item) => parseStoredInstance(item.value))
    .sort(inAcquisitionOrder);
}

export function inAcquisitionOrder(a: StudyInstance, b: StudyInstance): number {
  return (
    (a.seriesNumber ?? 0) - (b.seriesNumber ?? 0) ||
    (a.instanceNumber ?? 0) - (b.instanceNumber ?? 0) ||
    (a.sopInstanceUid < b.sopInstanceUid ? -1 : 1)
  );
}
