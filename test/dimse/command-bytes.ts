/** Command sets of PS3.7 as bytes: Implicit VR Little Endian, group 0000. */
export type CommandElement = readonly [number, number | string];

export const elements = {
  affectedSopClass: 0x0002,
  commandField: 0x0100,
  messageId: 0x0110,
  respondedTo: 0x0120,
  priority: 0x0700,
  dataSetType: 0x0800,
  status: 0x0900,
  affectedSopInstance: 0x1000,
} as const;

export const noDataSet = 0x0101;

/** A number is a US, a text a UI. */
export function commandBytes(list: readonly CommandElement[]): Buffer {
  const body = Buffer.concat(list.map(([number, value]) => elementBytes(number, valueBytes(value))));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(body.length);
  return Buffer.concat([elementBytes(0, length), body]);
}

function valueBytes(value: number | string): Buffer {
  if (typeof value === 'string') return Buffer.from(value.length % 2 === 0 ? value : `${value}\0`, 'latin1');
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return bytes;
}

function elementBytes(number: number, value: Buffer): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt16LE(number, 2);
  head.writeUInt32LE(value.length, 4);
  return Buffer.concat([head, value]);
}

export const storeRq = (messageId: number, sopClassUid: string, sopInstanceUid: string): Buffer =>
  commandBytes([
    [elements.affectedSopClass, sopClassUid],
    [elements.commandField, 0x0001],
    [elements.messageId, messageId],
    [elements.priority, 0],
    [elements.dataSetType, 0x0001],
    [elements.affectedSopInstance, sopInstanceUid],
  ]);

export const echoRq = (messageId: number): Buffer =>
  commandBytes([
    [elements.affectedSopClass, '1.2.840.10008.1.1'],
    [elements.commandField, 0x0030],
    [elements.messageId, messageId],
    [elements.dataSetType, noDataSet],
  ]);

/** The numbers of a command set; texts are left out. */
export function readCommand(bytes: Uint8Array): ReadonlyMap<number, number> {
  const view = Buffer.from(bytes);
  const found = new Map<number, number>();
  for (let at = 0; at + 8 <= view.length; ) {
    const length = view.readUInt32LE(at + 4);
    if (length === 2) found.set(view.readUInt16LE(at + 2), view.readUInt16LE(at + 8));
    at += 8 + length;
  }
  return found;
}
