import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  type CommandSet,
  readCommandSet,
  writeCommandSet,
} from '../../../connectors/dimse/message/command-set.ts';
import { statusClass, statusText } from '../../../connectors/dimse/message/statuses.ts';
import { contextRules, isStorage } from '../../../connectors/dimse/scp/context-rules.ts';
import { proposeObjects } from '../../../connectors/dimse/scu/proposals.ts';
import { storageSopClasses } from '../../../connectors/dimse/tables/storage-sop-classes.ts';
import {
  readAssociateAc,
  readAssociateRq,
  writeAssociateAc,
  writeAssociateRq,
} from '../../../connectors/dimse/upper-layer/associate-pdu.ts';
import { type AssociateRq, applicationContext } from '../../../connectors/dimse/upper-layer/pdu.ts';
import { ProtocolError } from '../../../connectors/dimse/upper-layer/protocol-error.ts';

const uid = fc.stringMatching(/^[1-9](\.[1-9][0-9]{0,5}){1,8}$/);
const ae = fc.stringMatching(/^[A-Z][A-Z0-9_]{0,15}$/);
const role = fc.record({ sopClassUid: uid, isScu: fc.boolean(), isScp: fc.boolean() });
const user = fc.record({
  pduBytesMax: fc.integer({ min: 0, max: 0xffff_ffff }),
  implementationClassUid: uid,
  implementationVersionName: fc.stringMatching(/^[A-Z0-9_]{1,16}$/),
  roles: fc.array(role, { maxLength: 4 }),
});
const contexts = fc
  .array(
    fc.record({ abstractSyntax: uid, transferSyntaxes: fc.array(uid, { minLength: 1, maxLength: 4 }) }),
    {
      maxLength: 128,
    },
  )
  .map((list) => list.map((one, at) => ({ id: 1 + 2 * at, ...one })));
const request: fc.Arbitrary<AssociateRq> = fc.record({
  calledAe: ae,
  callingAe: ae,
  protocolVersion: fc.constant(1),
  applicationContext: fc.constant(applicationContext),
  contexts,
  user,
});

describe('association PDUs', () => {
  test('what was written is read', () => {
    fc.assert(
      fc.property(request, (one) => {
        const pdu = writeAssociateRq(one);
        expect(pdu.readUInt32BE(2)).toBe(pdu.length - 6);
        expect(readAssociateRq(pdu.subarray(6))).toEqual(one);
      }),
    );
    fc.assert(
      fc.property(request, fc.integer({ min: 0, max: 4 }), (one, result) => {
        const answers = one.contexts.map(({ id, transferSyntaxes: [first = ''] }) => ({
          id,
          result: result as 0,
          transferSyntax: first,
        }));
        const answer = {
          calledAe: one.calledAe,
          callingAe: one.callingAe,
          contexts: answers,
          user: one.user,
        };
        expect(readAssociateAc(writeAssociateAc(answer, applicationContext).subarray(6))).toEqual(answer);
      }),
    );
  });

  test('changed and cut bytes are read or refused by the protocol, nothing else', () => {
    const change = fc.record({ at: fc.nat(), byte: fc.integer({ min: 0, max: 255 }) });
    fc.assert(
      fc.property(request, fc.array(change, { maxLength: 8 }), fc.nat(), (one, changes, cutAt) => {
        const bytes = Buffer.from(writeAssociateRq(one).subarray(6));
        for (const { at, byte } of changes) bytes[at % bytes.length] = byte;
        for (const body of [bytes, bytes.subarray(0, cutAt % bytes.length)]) {
          onlyProtocolErrors(() => readAssociateRq(body));
          onlyProtocolErrors(() => readAssociateAc(body));
        }
      }),
    );
  });
});

describe('command sets', () => {
  const number = fc.integer({ min: 0, max: 0xffff });
  const command = fc.record(
    {
      commandField: number,
      hasDataSet: fc.boolean(),
      affectedSopClassUid: uid,
      requestedSopInstanceUid: uid,
      messageId: number,
      respondedTo: number,
      moveDestination: ae,
      priority: number,
      status: number,
      errorComment: fc.stringMatching(/^[A-Za-z][A-Za-z ]{0,30}[a-z]$/),
      eventTypeId: number,
      completed: number,
    },
    { requiredKeys: ['commandField', 'hasDataSet'] },
  ) as fc.Arbitrary<CommandSet>;

  test('what was written is read, and says its own length', () => {
    fc.assert(
      fc.property(command, (one) => {
        const bytes = writeCommandSet(one);
        expect(bytes.readUInt32LE(8)).toBe(bytes.length - 12);
        expect(readCommandSet(bytes)).toEqual(one);
      }),
    );
  });

  test('any bytes are read or refused by the protocol', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) =>
        onlyProtocolErrors(() => readCommandSet(Buffer.from(bytes))),
      ),
    );
  });
});

describe('which contexts are taken', () => {
  const rules = contextRules({ takesUnknown: false });
  const ct = '1.2.840.10008.5.1.4.1.1.2';

  test('every storage SOP class of PS3.6, those of later editions, no queries among them', () => {
    for (const sopClass of Object.keys(storageSopClasses)) expect(rules.isSupported(sopClass)).toBe(true);
    expect(Object.keys(storageSopClasses).length).toBeGreaterThan(190);
    expect(isStorage('1.2.840.10008.5.1.4.1.1.66.7')).toBe(true);
    expect(isStorage('1.2.840.10008.5.1.4.1.1.200.4')).toBe(false);
    expect(rules.isSupported('1.2.840.10008.5.1.4.1.2.2.1')).toBe(false);
  });

  test("vendors' own under a setting", () => {
    expect(rules.isSupported('1.3.12.2.1107.5.9.1')).toBe(false);
    expect(contextRules({ takesUnknown: true }).isSupported('1.3.12.2.1107.5.9.1')).toBe(true);
  });

  test.each([
    ['explicit before implicit', ['1.2.840.10008.1.2', '1.2.840.10008.1.2.1'], '1.2.840.10008.1.2.1'],
    ['implicit where there is nothing else', ['1.2.840.10008.1.2'], '1.2.840.10008.1.2'],
    [
      'the first of the compressed',
      ['1.2.840.10008.1.2.4.90', '1.2.840.10008.1.2.4.70'],
      '1.2.840.10008.1.2.4.90',
    ],
    ['high-throughput JPEG 2000', ['1.2.840.10008.1.2.4.201'], '1.2.840.10008.1.2.4.201'],
    ['none of a vendor', ['1.2.840.113619.5.2'], null],
    ['no real-time video', ['1.2.840.10008.1.2.7.1'], null],
  ])('transfer syntax: %s', (_, proposed, chosen) => {
    expect(rules.choose(ct, proposed)).toBe(chosen);
  });

  test('a proposal has one context for each kind of object, odd ids, and no more than there may be', () => {
    const kinds = Array.from({ length: 200 }, (_, at) => ({
      sopClassUid: `1.${at % 150}`,
      transferSyntaxUid: '1.2',
    }));
    const proposed = proposeObjects(kinds, 3);
    expect(proposed).toHaveLength(127);
    expect(proposed.map(({ id }) => id)).toEqual(Array.from({ length: 127 }, (_, at) => 3 + 2 * at));
  });
});

test('statuses: what is not known to be harmless is a failure', () => {
  expect([0, 0xff00, 0xff01, 0xfe00, 0xb000, 0x0001, 0x0107].map(statusClass)).toEqual([
    'success',
    'pending',
    'pending',
    'cancel',
    'warning',
    'warning',
    'warning',
  ]);
  for (const status of [0x0110, 0xa700, 0xa900, 0xc000, 0x1234, 0xffff])
    expect(statusClass(status)).toBe('failure');
  expect(statusText(0xa700)).toBe('A700H');
});

function onlyProtocolErrors(read: () => unknown): void {
  try {
    read();
  } catch (error) {
    expect(error).toBeInstanceOf(ProtocolError);
  }
}
