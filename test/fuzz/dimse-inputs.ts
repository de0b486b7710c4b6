import { objectBytes, pixelHeader } from '../connectors/dicomweb/object-bytes.ts';
import { type CommandElement, commandBytes, elements, noDataSet, storeRq } from '../dimse/command-bytes.ts';
import { fileParts } from '../dimse/file-parts.ts';
import {
  type AssociateFields,
  abort,
  associateBody,
  associateRq,
  dataPdu,
  dataPdus,
  pdu,
  pduTypes,
  pdv,
  releaseRq,
} from '../dimse/pdu-bytes.ts';
import type { Chance } from './stow-chance.ts';
import { wrongObject } from './stow-objects.ts';

/** What a node may do: `abort SOURCE/REASON`, `reject RESULT/SOURCE/REASON`, `accept`, `status HHHH`, `closed`. A trailing `*` is any rest. */
export interface DimseInput {
  readonly kind: string;
  /** Whether an association is there before `bytes` are sent. */
  readonly isAssociated: boolean;
  readonly bytes: readonly Buffer[];
  /** What the sender does after it: waits for an answer, or goes away. */
  readonly then: 'hear' | 'close';
  readonly expected: readonly string[];
}

export const ctImage = '1.2.840.10008.5.1.4.1.1.2';
const explicitLittleEndian = '1.2.840.10008.1.2.1';
const maximumLength = 16_384;

export const context = { id: 1, abstractSyntax: ctImage, transferSyntaxes: [explicitLittleEndian] };
const deflatedContext = { id: 3, abstractSyntax: ctImage, transferSyntaxes: ['1.2.840.10008.1.2.1.99'] };
export const good: AssociateFields = { contexts: [context, deflatedContext] };

let count = 0;
function nextUid(): string {
  count += 1;
  return `1.2.3.9.${count}`;
}

const unexpected = ['abort 2/2'];
const invalid = ['abort 2/6'];
const bigLengths = [0xffffffff, 0xfffffffe, 0x80000000, 0x7fffffff, 0x10000000];

const before = (
  kind: string,
  bytes: Buffer,
  expected: readonly string[],
  then: 'hear' | 'close' = 'hear',
): DimseInput => ({ kind, isAssociated: false, bytes: [bytes], then, expected });

const within = (
  kind: string,
  bytes: readonly Buffer[],
  expected: readonly string[],
  then: 'hear' | 'close' = 'hear',
): DimseInput => ({ kind, isAssociated: true, bytes, then, expected });

const ofCommand = (command: Buffer, isLast = true): Buffer =>
  dataPdu({ contextId: 1, isCommand: true, isLast, bytes: command });
const ofData = (bytes: Uint8Array, isLast = true, contextId = 1): Buffer =>
  dataPdu({ contextId, isCommand: false, isLast, bytes });

const connecting: readonly ((chance: Chance) => DimseInput)[] = [
  (chance) => {
    const type = chance.pick([0, 8, 9, 0x16, 0x47, 0x80, 0xff]);
    return before('a PDU of an unknown type', pdu(type, chance.bytes(chance.below(200))), ['abort 2/1']);
  },
  (chance) => {
    const type = chance.pick([pduTypes.associateRj, pduTypes.releaseRq, pduTypes.releaseRp]);
    return before('a PDU that no association precedes', pdu(type, Buffer.from([0, 1, 1, 1])), unexpected);
  },
  () => before('data that no association precedes', ofCommand(storeRq(1, ctImage, nextUid())), unexpected),
  () => before('an abort of nothing', abort(), ['closed', 'abort 2/*']),
  (chance) =>
    before(
      'an association request of gigabytes',
      pdu(pduTypes.associateRq, chance.bytes(chance.below(2_000)), chance.pick(bigLengths)),
      invalid,
    ),
  (chance) => {
    const body = associateBody(good);
    return before(
      'an association request that is cut',
      pdu(pduTypes.associateRq, body.subarray(0, chance.below(body.length - 1))),
      ['abort 2/6', 'reject *', 'accept'],
    );
  },
  (chance) => {
    const whole = associateRq(good);
    return before('half an association request', whole.subarray(0, chance.below(whole.length)), [], 'close');
  },
  (chance) => {
    const body = associateBody(good);
    for (let flips = 1 + chance.below(8); flips > 0; flips -= 1)
      body[chance.below(body.length)] = chance.below(256);
    return before('an association request with changed bytes', pdu(pduTypes.associateRq, body), [
      'abort 2/*',
      'reject *',
      'accept',
    ]);
  },
  (chance) => {
    const body = associateBody(good);
    body.writeUInt16BE(chance.pick([0xffff, 0x8000, 0, 1]), 70 + 4 * chance.below(8));
    return before('an item with a length that lies', pdu(pduTypes.associateRq, body), [
      'abort 2/*',
      'reject *',
      'accept',
    ]);
  },
  () => before('another protocol version', associateRq({ ...good, protocolVersion: 2 }), ['reject 1/2/2']),
  () =>
    before('another application', associateRq({ ...good, applicationContext: '1.2.3' }), ['reject 1/1/2']),
  (chance) => {
    const calledAet = chance.pick(['OTHER', '', '../../x', '<script>']);
    return before('an unknown title is called', associateRq({ ...good, calledAet }), [
      'reject 1/1/7',
      'abort 2/6',
    ]);
  },
  () =>
    before(
      '128 contexts of nothing that we know',
      associateRq({
        contexts: Array.from({ length: 128 }, (_, at) => ({
          id: 2 * at + 1,
          abstractSyntax: `1.2.3.${at}`,
          transferSyntaxes: Array.from({ length: 10 }, (_, nth) => `1.2.3.${nth}`),
        })),
      }),
      ['accept'],
    ),
  () => before('no context', associateRq({ contexts: [] }), ['accept', 'abort 2/6']),
  () =>
    before('contexts of one id', associateRq({ contexts: [context, context, { ...context, id: 2 }] }), [
      'accept',
      'abort 2/6',
    ]),
];

const talking: readonly ((chance: Chance) => DimseInput)[] = [
  (chance) =>
    within(
      'data longer than agreed',
      [pdu(pduTypes.data, chance.bytes(chance.below(500)), chance.pick([...bigLengths, 1_000_000]))],
      invalid,
    ),
  (chance) => {
    const type = chance.pick([0, 8, 0x16, 0xff]);
    return within('an unknown PDU', [pdu(type, chance.bytes(4))], ['abort 2/1']);
  },
  (chance) => {
    const bytes = chance.pick([
      associateRq(good),
      pdu(pduTypes.associateRj, Buffer.from([0, 1, 1, 1])),
      pdu(pduTypes.releaseRp, Buffer.alloc(4)),
    ]);
    return within('a PDU out of order', [bytes], unexpected);
  },
  (chance) => {
    const fragment = { contextId: 1, isCommand: true, isLast: true, bytes: chance.bytes(20) };
    const claimed = chance.pick([0, 1, 23, 200, ...bigLengths]);
    return within(
      'a fragment with a length that lies',
      [pdu(pduTypes.data, pdv(fragment, claimed))],
      invalid,
    );
  },
  () => within('data without a fragment', [pdu(pduTypes.data, Buffer.alloc(0))], invalid),
  (chance) =>
    within(
      'a context that was not agreed',
      [
        dataPdu({
          contextId: chance.pick([0, 2, 5, 255]),
          isCommand: true,
          isLast: true,
          bytes: storeRq(1, ctImage, nextUid()),
        }),
      ],
      invalid,
    ),
  (chance) => within('a data set without a command', [ofData(chance.bytes(100))], ['abort 2/6', 'abort 2/2']),
  (chance) =>
    within('a command of rubbish', [ofCommand(chance.bytes(chance.below(300)))], ['abort 2/6', 'status *']),
  (chance) => {
    const command = storeRq(1, ctImage, nextUid());
    for (let flips = 1 + chance.below(6); flips > 0; flips -= 1)
      command[chance.below(command.length)] = chance.below(256);
    const dataSet = dataSetOf(nextUid());
    return within(
      'a command with changed bytes',
      [ofCommand(command), ofData(dataSet)],
      ['abort 2/*', 'status *'],
    );
  },
  () => {
    const pieces = Array.from({ length: 20 }, () => ofCommand(Buffer.alloc(16_000, 0x20), false));
    return within('a command without an end', pieces, invalid);
  },
  () => {
    const empty = pdv({ contextId: 1, isCommand: true, isLast: false, bytes: Buffer.alloc(0) });
    const many = pdu(pduTypes.data, Buffer.concat(Array.from({ length: 2_000 }, () => empty)));
    return within(
      'a command of nothing, for ever',
      Array.from({ length: 8 }, () => many),
      invalid,
    );
  },
  (chance) => {
    const commandField = chance.pick([0x0010, 0x0020, 0x0140, 0x0999]);
    const list: CommandElement[] = [
      [elements.affectedSopClass, ctImage],
      [elements.commandField, commandField],
      [elements.messageId, 7],
      [elements.dataSetType, noDataSet],
    ];
    return within('a request that nobody serves', [ofCommand(commandBytes(list))], ['status *', 'abort 2/*']);
  },
  () => {
    const list: CommandElement[] = [
      [elements.affectedSopClass, ctImage],
      [elements.commandField, 1],
      [elements.messageId, 7],
      [elements.dataSetType, noDataSet],
      [elements.affectedSopInstance, nextUid()],
    ];
    return within('a C-STORE of nothing', [ofCommand(commandBytes(list))], ['status c000']);
  },
  () => {
    const command = ofCommand(storeRq(1, ctImage, nextUid()));
    return within('a command where a data set was to come', [command, command], ['abort 2/*']);
  },
  (chance) => {
    const uid = nextUid();
    const dataSet = dataSetOf(uid).subarray(0, 100 + chance.below(100));
    const bytes = [ofCommand(storeRq(1, ctImage, uid)), ofData(dataSet, false)];
    const end = chance.pick(['abort', 'release', 'close'] as const);
    if (end === 'close') return within('a sender that goes away', bytes, [], 'close');
    if (end === 'abort')
      return within('an abort within an object', [...bytes, abort()], ['closed', 'abort 2/*']);
    return within('a release within an object', [...bytes, releaseRq()], ['abort 2/*']);
  },
  () => {
    const dataSet = dataSetOf(nextUid());
    return within(
      'another instance than announced',
      [ofCommand(storeRq(1, ctImage, nextUid())), ofData(dataSet)],
      ['status a900'],
    );
  },
  () => {
    const uid = nextUid();
    return within('a good object', storeBytes(uid, dataSetOf(uid)), ['status 0000']);
  },
];

const refused = ['status c000', 'status a900', 'status a700'];

/** An object that is wrong, as a data set. What may come of it is with the object; its own group 0002 does not travel. */
const objects = (chance: Chance): DimseInput => {
  const { kind, bytes, expected } = wrongObject(chance);
  const { sopInstanceUid, transferSyntaxUid, dataSet } = fileParts(bytes);
  const contextId = transferSyntaxUid === deflatedContext.transferSyntaxes[0] ? 3 : 1;
  const isFileMatter = kind === 'a wrong VR in group 0002';
  const statuses = expected === 'stored' ? ['status 0000'] : refused;
  const either = ['status 0000', ...refused, 'abort 2/6'];
  return within(
    `object: ${kind}`,
    storeBytes(sopInstanceUid, dataSet, contextId),
    expected === 'any' || isFileMatter ? either : statuses,
  );
};

const dataSetOf = (sopInstanceUid: string): Buffer =>
  Buffer.concat([
    fileParts(objectBytes({ sopInstanceUid })).dataSet,
    pixelHeader(2_000),
    Buffer.alloc(2_000, 0x5a),
  ]);

const storeBytes = (uid: string, dataSet: Uint8Array, contextId = 1): Buffer[] => [
  ...dataPdus(contextId, true, storeRq(1, ctImage, uid), maximumLength),
  ...dataPdus(contextId, false, dataSet, maximumLength),
];

export function dimseInput(chance: Chance): DimseInput {
  const family = chance.below(10);
  if (family < 3) return chance.pick(connecting)(chance);
  return family < 7 ? chance.pick(talking)(chance) : objects(chance);
}
