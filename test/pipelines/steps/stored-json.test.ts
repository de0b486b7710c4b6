import { describe, expect, test } from '@jest/globals';
import type { Json } from '../../../core/json.ts';
import type { ProcessedMessage } from '../../../core/ports/index.ts';
import { ImagingProcess } from './imaging-process.ts';

const refusedWith = (result: ProcessedMessage | undefined) => [result?.status, result?.refusal?.code];

/** What was stored has another shape than the engine writes: the message waits in quarantine, the channel goes on. */
describe('stored JSON of another shape', () => {
  test.each<[string, Json]>([
    ['no study', { study: null }],
    ['a study without instances', { study: { studyInstanceUid: '1.2.3', version: 1, completedAtMs: 0 } }],
    ['a probability that is a text', { probability: '0.75' }],
    ['a probability that is none', { probability: null }],
    ['a probability over 1', { probability: 75 }],
    ['no model', { model: null }],
    ['an order without identifiers', { order: { accessionNumber: 'A', patientId: '', urgency: 'stat' } }],
    ['an unknown status', { status: 'perhaps' }],
  ])('a finding with %s', (_name, facts) => {
    const imaging = new ImagingProcess();
    const job = imaging.study();
    expect(refusedWith(imaging.finding(job, facts as never))).toEqual(['quarantined', 'BH_FINDING_INVALID']);
    expect(imaging.bundles).toEqual([]);
    expect(imaging.finding(job).status).toBe('processed');
  });

  test.each<[string, { readonly [name: string]: Json }]>([
    ['no study', { studyInstanceUid: 7 }],
    ['no instance', { sopInstanceUid: null }],
    ['rows as text', { rows: '512' }],
  ])('an instance with %s', (_name, facts) => {
    const imaging = new ImagingProcess();
    expect(refusedWith(imaging.instance(facts))).toEqual(['quarantined', 'BH_DICOM_ATTRIBUTE']);
    expect(imaging.instance().status).toBe('processed');
  });

  test('a state of the study', () => {
    const imaging = new ImagingProcess();
    imaging.states.set('imaging 1.2.3', { status: 'half-open' });
    expect(refusedWith(imaging.instance())).toEqual(['quarantined', 'BH_STORE_STATE']);
    expect(imaging.instance({ studyInstanceUid: '9.9' }).status).toBe('processed');
  });

  test('an order', () => {
    const imaging = new ImagingProcess();
    imaging.states.set('order ACC1', { urgency: 'stat' });
    imaging.instance();
    expect(imaging.pass(1_500).map(refusedWith)).toEqual([['quarantined', 'BH_STORE_STATE']]);
  });

  test('an instance of the study', () => {
    const imaging = new ImagingProcess();
    imaging.instance();
    imaging.items.get('imaging 1.2.3')?.set('1.2.3.1.1', { blob: '../../etc' });
    const [quiet] = imaging.pass(1_500);
    expect(refusedWith(quiet)).toEqual(['quarantined', 'BH_STORE_STATE']);
    expect(quiet?.refusal?.detail).not.toContain('etc');
  });

  test('an awaited order', () => {
    const imaging = new ImagingProcess();
    imaging.finding(imaging.study());
    imaging.states.set('imaging/awaited-order 1.2.3', { findings: 'many' });
    expect(imaging.pass(20_000).map(refusedWith)).toEqual([['quarantined', 'BH_STORE_STATE']]);
  });
});
