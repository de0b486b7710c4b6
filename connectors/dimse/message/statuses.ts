/** Status (0000,0900) of PS3.7 C and the services of PS3.4 that the engine speaks. */
export const statuses = {
  success: 0x0000,
  cancelled: 0xfe00,
  noSuchAttribute: 0x0105,
  invalidAttributeValue: 0x0106,
  processingFailure: 0x0110,
  duplicateSopInstance: 0x0111,
  noSuchSopInstance: 0x0112,
  noSuchEventType: 0x0113,
  invalidSopInstance: 0x0117,
  noSuchSopClass: 0x0118,
  missingAttribute: 0x0120,
  sopClassNotSupported: 0x0122,
  noSuchActionType: 0x0123,
  unrecognizedOperation: 0x0211,
  outOfResources: 0xa700,
  dataSetMismatch: 0xa900,
  cannotUnderstand: 0xc000,
} as const;

export type StatusClass = 'success' | 'pending' | 'warning' | 'cancel' | 'failure';

/** The class of a status (PS3.7 C.1 to C.5). Whatever is not known to be harmless is a failure. */
export function statusClass(status: number): StatusClass {
  if (status === statuses.success) return 'success';
  if (status === 0xff00 || status === 0xff01) return 'pending';
  if (status === statuses.cancelled) return 'cancel';
  const isWarning = status >>> 12 === 0xb || [0x0001, 0x0107, 0x0116].includes(status);
  return isWarning ? 'warning' : 'failure';
}

/** `A700H`, as the standard writes it. */
export const statusText = (status: number): string =>
  `${status.toString(16).toUpperCase().padStart(4, '0')}H`;
