import { ByteWriter } from './byte-writer.ts';
import { aeTitleOf, type Item, readItems, textOf } from './item-reader.ts';
import {
  type AnsweredContext,
  type AssociateAc,
  type AssociateRq,
  type ContextResult,
  type ProposedContext,
  pduTypes,
  type UserInformation,
} from './pdu.ts';
import { invalid } from './protocol-error.ts';
import { readUserInformation, writeUserInformation } from './user-information.ts';

/** Items of A-ASSOCIATE-RQ and -AC (PS3.8 9.3.2, 9.3.3). */
const items = {
  applicationContext: 0x10,
  proposedContext: 0x20,
  answeredContext: 0x21,
  abstractSyntax: 0x30,
  transferSyntax: 0x40,
  userInformation: 0x50,
} as const;

const protocolVersion = 1;
/** Version, reserved bytes, both titles and 32 reserved bytes. */
const fixedBytes = 68;

export function writeAssociateRq(request: AssociateRq): Buffer {
  const contexts = request.contexts.map(({ id, abstractSyntax, transferSyntaxes }) => {
    const value = new ByteWriter().uint8(id, 0, 0, 0).textItem(items.abstractSyntax, abstractSyntax);
    for (const syntax of transferSyntaxes) value.textItem(items.transferSyntax, syntax);
    return { type: items.proposedContext, value };
  });
  return writeAssociate(pduTypes.associateRq, request, request.applicationContext, contexts);
}

/** The titles are sent back as they came (PS3.8 9.3.3). */
export function writeAssociateAc(answer: AssociateAc, applicationContext: string): Buffer {
  const contexts = answer.contexts.map(({ id, result, transferSyntax }) => ({
    type: items.answeredContext,
    value: new ByteWriter().uint8(id, 0, result, 0).textItem(items.transferSyntax, transferSyntax),
  }));
  return writeAssociate(pduTypes.associateAc, answer, applicationContext, contexts);
}

function writeAssociate(
  type: number,
  { calledAe, callingAe, user }: { calledAe: string; callingAe: string; user: UserInformation },
  applicationContext: string,
  contexts: readonly { readonly type: number; readonly value: ByteWriter }[],
): Buffer {
  const body = new ByteWriter()
    .uint16(protocolVersion)
    .uint16(0)
    .aeTitle(calledAe)
    .aeTitle(callingAe)
    .bytes(Buffer.alloc(32))
    .textItem(items.applicationContext, applicationContext);
  for (const context of contexts) body.item(context.type, context.value);
  const bytes = body.item(items.userInformation, writeUserInformation(user)).concat();
  return new ByteWriter().uint8(type, 0).uint32(bytes.length).bytes(bytes).concat();
}

/** @param body without the head of the PDU. Throws ProtocolError. */
export function readAssociateRq(body: Buffer): AssociateRq {
  const fixed = readFixed(body);
  let applicationContext = '';
  let user = noUserInformation;
  const contexts: ProposedContext[] = [];
  for (const item of readItems(body.subarray(fixedBytes))) {
    if (item.type === items.applicationContext) applicationContext = textOf(item.value);
    else if (item.type === items.userInformation) user = readUserInformation(item.value);
    else if (item.type === items.proposedContext) contexts.push(readProposed(item));
  }
  const ids = new Set(contexts.map(({ id }) => id));
  if (ids.size !== contexts.length) throw invalid('two presentation contexts with one id');
  return { ...fixed, applicationContext, contexts, user };
}

/** @param body without the head of the PDU. Throws ProtocolError. */
export function readAssociateAc(body: Buffer): AssociateAc {
  const { calledAe, callingAe } = readFixed(body);
  let user = noUserInformation;
  const contexts: AnsweredContext[] = [];
  for (const item of readItems(body.subarray(fixedBytes))) {
    if (item.type === items.userInformation) user = readUserInformation(item.value);
    else if (item.type === items.answeredContext) contexts.push(readAnswered(item));
  }
  return { calledAe, callingAe, contexts, user };
}

const noUserInformation: UserInformation = { pduBytesMax: 0, implementationClassUid: '', roles: [] };

function readFixed(body: Buffer) {
  if (body.length < fixedBytes) throw invalid('an association request without its titles');
  return {
    protocolVersion: body.readUInt16BE(0),
    calledAe: aeTitleOf(body.subarray(4, 20)),
    callingAe: aeTitleOf(body.subarray(20, 36)),
  };
}

function readProposed({ value }: Item): ProposedContext {
  const id = contextIdOf(value);
  let abstractSyntax = '';
  const transferSyntaxes: string[] = [];
  for (const item of readItems(value.subarray(4))) {
    if (item.type === items.abstractSyntax) abstractSyntax = textOf(item.value);
    else if (item.type === items.transferSyntax) transferSyntaxes.push(textOf(item.value));
  }
  return { id, abstractSyntax, transferSyntaxes };
}

function readAnswered({ value }: Item): AnsweredContext {
  const id = contextIdOf(value);
  const result = value.readUInt8(2);
  const syntax = [...readItems(value.subarray(4))].find(({ type }) => type === items.transferSyntax);
  return {
    id,
    result: (result <= 4 ? result : 2) as ContextResult,
    transferSyntax: syntax === undefined ? '' : textOf(syntax.value),
  };
}

function contextIdOf(value: Buffer): number {
  const id = value.length < 4 ? 0 : value.readUInt8(0);
  if (id % 2 === 1) return id;
  throw invalid('a presentation context without an odd id');
}
