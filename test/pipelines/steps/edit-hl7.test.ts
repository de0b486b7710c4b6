import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { messageId } from '../../../core/ids.ts';
import type { Message } from '../../../core/message.ts';
import type { Destination, Source } from '../../../core/ports/index.ts';
import { hl7ContentType } from '../../../formats/hl7v2/index.ts';
import { compileHl7ToHl7Map } from '../../../mappings/hl7v2-to-hl7v2/load.ts';
import { catalogOf } from '../../../pipelines/channel/catalog.ts';
import { compileChannel } from '../../../pipelines/channel/compile.ts';
import { MissingState, processMessage } from '../../../pipelines/process/process-message.ts';
import { Subject } from '../../../pipelines/process/subject.ts';
import { editHl7 } from '../../../pipelines/steps/edit-hl7.ts';

const files: { readonly [name: string]: string } = {
  'ris.yaml': 'map: ris\nrows:\n- { id: MSH-5, set: RIS }',
  'more.yaml': 'map: more\nrows:\n- { id: MSH-6, set: RAD }',
  'broken.yaml': 'map: broken\nrows:\n- { id: MSH-5, put: RIS }',
};
const catalog = catalogOf({
  sources: [{ kind: 'hl7v2', messageKind: 'hl7v2', settings: z.unknown(), create: () => ({}) as Source }],
  destinations: [
    {
      kind: 'hl7v2',
      settings: z.unknown(),
      takes: (type) => type === hl7ContentType,
      create: () => ({}) as Destination,
    },
  ],
  steps: [
    editHl7({
      load: (name) => compileHl7ToHl7Map(name, files[name] ?? '', () => ''),
      fallbackCharset: 'utf-8',
    }),
  ],
});
const sent = 'MSH|^~\\&|HIS|HOSP|X|Y|20260301||ADT^A01|42|P|2.5.1\rPID|1||7\r';

function run(steps: string) {
  const text = `channel: test\nsource: { hl7v2: {} }\nsteps:\n${steps}\nto:\n  - hl7v2: { name: ris }\n  - hl7v2: { name: lis }\n`;
  const channel = compileChannel(text, 'test.yaml', catalog, {});
  const bytes = Buffer.from(sent);
  const message = {
    id: messageId(1),
    kind: 'hl7v2',
    contentType: hl7ContentType,
    receivedAtMs: 0,
    keys: [],
    searchKeys: [],
    body: { kind: 'inline', bytes },
  } as unknown as Message;
  const destinations = channel.destinations.map((one) => ({
    ...one,
    open: { target: one.name } as Destination,
  }));
  const result = processMessage(channel, destinations, new Subject(message, bytes), {
    value: () => undefined,
    items: () => [],
  });
  if (result instanceof MissingState) throw new RangeError('no state is asked for');
  const bodies = result.deliveries.map(({ destination, body }) => [
    destination,
    body.kind === 'inline' ? Buffer.from(body.bytes).toString().split('\r')[0]?.slice(9, 29) : '',
  ]);
  return { bodies: Object.fromEntries(bodies) as unknown, count: bodies.length, report: result.report };
}

describe('the step hl7v2', () => {
  test('every receiver gets the changed message in the place of the original, once', () => {
    const { bodies, count, report } = run('  - hl7v2: ris.yaml\n  - hl7v2: more.yaml');
    expect(bodies).toEqual({ ris: 'HIS|HOSP|RIS|RAD|202', lis: 'HIS|HOSP|RIS|RAD|202' });
    expect(count).toBe(2);
    expect(report?.edits).toEqual([
      expect.objectContaining({ map: 'ris', rows: [{ row: 'MSH-5', places: 1 }] }),
      expect.objectContaining({ map: 'more', rows: [{ row: 'MSH-6', places: 1 }] }),
    ]);
  });

  test('a named receiver gets its own, the others the original', () => {
    const { bodies, count } = run(
      '  - hl7v2: { file: ris.yaml, to: [ris] }\n  - hl7v2: { file: more.yaml, to: [ris] }',
    );
    expect(bodies).toEqual({ ris: 'HIS|HOSP|RIS|RAD|202', lis: 'HIS|HOSP|X|Y|2026030' });
    expect(count).toBe(2);
  });

  test('two receivers with a map each; a map for both parts where the next is for one', () => {
    expect(
      run('  - hl7v2: { file: ris.yaml, to: [ris] }\n  - hl7v2: { file: more.yaml, to: [lis] }').bodies,
    ).toEqual({
      ris: 'HIS|HOSP|RIS|Y|20260',
      lis: 'HIS|HOSP|X|RAD|20260',
    });
    const parted = run(
      '  - hl7v2: { file: ris.yaml, to: [ris, lis] }\n  - hl7v2: { file: more.yaml, to: [lis] }',
    );
    expect(parted.bodies).toEqual({ ris: 'HIS|HOSP|RIS|Y|20260', lis: 'HIS|HOSP|RIS|RAD|202' });
    expect(parted.count).toBe(2);
  });

  test('a broken map, and a destination that is not there, are refused when the channel is read', () => {
    expect(() => run('  - hl7v2: broken.yaml')).toThrow(/test\.yaml:4: broken\.yaml:3: /);
    expect(() => run('  - hl7v2: { file: ris.yaml, to: [pacs] }')).toThrow(
      /test\.yaml:4: the channel has no destination pacs; it has ris, lis/,
    );
  });
});
