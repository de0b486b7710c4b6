/** DICOM JSON model (PS3.18 F.2), as much of it as answers hold. Keys are tags, eight upper-case hexadecimal digits. */
export interface DicomJson {
  readonly [tag: string]: DicomJsonAttribute;
}

export interface DicomJsonAttribute {
  readonly vr: 'UI' | 'UR' | 'US' | 'LO' | 'SQ';
  /** Left out where the attribute is empty (PS3.18 F.2.5). */
  readonly Value?: readonly (string | number | DicomJson)[];
}

export const uid = (value: string | undefined): DicomJsonAttribute =>
  value === undefined ? { vr: 'UI' } : { vr: 'UI', Value: [value] };

export const url = (value: string | undefined): DicomJsonAttribute =>
  value === undefined ? { vr: 'UR' } : { vr: 'UR', Value: [value] };

export const unsignedShort = (value: number): DicomJsonAttribute => ({ vr: 'US', Value: [value] });

export const sequence = (items: readonly DicomJson[]): DicomJsonAttribute => ({ vr: 'SQ', Value: items });
