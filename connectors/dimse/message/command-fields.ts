/** Command Field (0000,0100), PS3.7 E.1. A response has the bit 8000H. */
export const commandFields = {
  cStoreRq: 0x0001,
  cGetRq: 0x0010,
  cFindRq: 0x0020,
  cMoveRq: 0x0021,
  cEchoRq: 0x0030,
  nEventReportRq: 0x0100,
  nSetRq: 0x0120,
  nActionRq: 0x0130,
  nCreateRq: 0x0140,
  cCancelRq: 0x0fff,
} as const;

export const responseBit = 0x8000;

/** Command Data Set Type (0000,0800) of a message without a data set. */
export const noDataSet = 0x0101;
