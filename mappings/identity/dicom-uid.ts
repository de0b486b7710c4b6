/** A UUID as a DICOM UID: `2.25.` and its 128 bits in decimal (PS3.5 B.2). */
export const uidOfUuid = (uuid: string): string => `2.25.${BigInt(`0x${uuid.replaceAll('-', '')}`)}`;
