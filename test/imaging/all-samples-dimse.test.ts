import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { catalogue } from '../../core/error-catalogue.ts';
import { type FileParts, fileParts } from '../dimse/file-parts.ts';
import { RawAssociation } from '../dimse/raw-association.ts';
import { until } from '../until.ts';
import { type RunningEngine, startEngine } from './engine.ts';
import { bodyOfMessage, type HeldObject, heldObjects } from './engine-messages.ts';
import { hasShared, type SampleFacts, sharedFolder, sharedSamples } from './samples.ts';
import { withComponents } from './with-components.ts';

const channel = `
channel: images
source: { dimse: {} }
key: StudyInstanceUID
to: [ { "null": {} } ]
`;

interface Kept {
  readonly object: HeldObject;
  readonly body: Buffer;
}

/** As dcmtk sends it: the command has the UID of the data set, whatever group 0002 says (two of the samples have another one there). */
function partsOf({ file, sopInstanceUID }: SampleFacts): FileParts {
  const parts = fileParts(readFileSync(join(sharedFolder, file)));
  return { ...parts, sopInstanceUid: sopInstanceUID ?? parts.sopInstanceUid };
}

(hasShared ? withComponents : describe.skip)('every sample, through the door for C-STORE', () => {
  let engine: RunningEngine;
  const statuses = new Map<string, number | null>();
  const kept: Kept[] = [];

  beforeAll(async () => {
    engine = await startEngine({ channels: { 'images.yaml': channel }, flags: ['--log-level', 'error'] });
    for (const sample of sharedSamples()) {
      const { sopClassUid, sopInstanceUid, transferSyntaxUid, dataSet } = partsOf(sample);
      const context = { id: 1, abstractSyntax: sopClassUid, transferSyntaxes: [transferSyntaxUid] };
      const association = await RawAssociation.connect(engine.port('dimse'));
      expect(await association.associate({ contexts: [context] })).toEqual(new Map([[1, 0]]));
      statuses.set(sample.file, await association.store(context, sopInstanceUid, dataSet));
      await association.release();
    }
    const objects = await until(async () => {
      const found = await heldObjects(engine);
      return found.every(({ status }) => status !== 'received') && found;
    });
    for (const object of objects) kept.push({ object, body: await bodyOfMessage(engine, object.id) });
  });
  afterAll(() => engine?.close());

  test('all are answered and kept', () => {
    expect([...statuses.values()].filter((status) => status === null)).toEqual([]);
    expect(statuses.size).toBe(77);
    // Two of those that are no DICOM have no data set at all: they are one and the same.
    expect(kept).toHaveLength(76);
  });

  test.each(hasShared ? sharedSamples() : [])('$file', (sample) => {
    const sent = partsOf(sample);
    const found = kept.find(({ body }) => {
      const parts = fileParts(body);
      return parts.dataSet.equals(sent.dataSet) && parts.transferSyntaxUid === sent.transferSyntaxUid;
    });
    expect(found).toBeDefined();
    expect(fileParts(found!.body)).toEqual(sent);
    const status = statuses.get(sample.file);
    const { object } = found!;
    if (object.status === 'quarantined') {
      const code = object.refusal?.code as keyof typeof catalogue;
      expect(code).toMatch(/^BH_DI(COM|MSE)_/);
      expect(status).toBe(catalogue[code].dicom);
      expect(sample.sopInstanceUID).toBeUndefined();
      return;
    }
    expect(object.status).toBe('processed');
    expect(status).toBe(0);
    expect(object.searchKeys).toContainEqual({ name: 'sop-uid', value: sample.sopInstanceUID });
  });
});
