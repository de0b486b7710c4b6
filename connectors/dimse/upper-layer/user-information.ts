import { ByteWriter } from './byte-writer.ts';
import { readItems, textOf } from './item-reader.ts';
import type { RoleSelection, UserInformation } from './pdu.ts';
import { invalid } from './protocol-error.ts';

/** Sub-items of the user information item (PS3.8 D.1, PS3.7 D.3.3). Those not listed are passed over. */
const items = { maximumLength: 0x51, classUid: 0x52, roleSelection: 0x54, versionName: 0x55 } as const;

export function writeUserInformation(user: UserInformation): ByteWriter {
  const writer = new ByteWriter()
    .item(items.maximumLength, new ByteWriter().uint32(user.pduBytesMax))
    .textItem(items.classUid, user.implementationClassUid);
  for (const { sopClassUid, isScu, isScp } of user.roles) {
    const uid = Buffer.from(sopClassUid, 'latin1');
    writer.item(
      items.roleSelection,
      new ByteWriter().uint16(uid.length).bytes(uid).uint8(Number(isScu), Number(isScp)),
    );
  }
  if (user.implementationVersionName !== undefined)
    writer.textItem(items.versionName, user.implementationVersionName);
  return writer;
}

/** Throws ProtocolError for a sub-item that is too short for what it is. */
export function readUserInformation(bytes: Buffer): UserInformation {
  let pduBytesMax = 0;
  let implementationClassUid = '';
  let implementationVersionName: string | undefined;
  const roles: RoleSelection[] = [];
  for (const { type, value } of readItems(bytes)) {
    if (type === items.maximumLength) {
      if (value.length !== 4) throw invalid('a maximum length that is no number of four bytes');
      pduBytesMax = value.readUInt32BE(0);
    } else if (type === items.classUid) implementationClassUid = textOf(value);
    else if (type === items.versionName) implementationVersionName = textOf(value);
    else if (type === items.roleSelection) roles.push(readRole(value));
  }
  return {
    pduBytesMax,
    implementationClassUid,
    roles,
    ...(implementationVersionName === undefined ? {} : { implementationVersionName }),
  };
}

function readRole(value: Buffer): RoleSelection {
  const uidBytes = value.length < 4 ? Number.NaN : value.readUInt16BE(0);
  if (value.length !== uidBytes + 4) throw invalid('a role selection of another length than its UID');
  return {
    sopClassUid: textOf(value.subarray(2, 2 + uidBytes)),
    isScu: value[value.length - 2] === 1,
    isScp: value[value.length - 1] === 1,
  };
}
