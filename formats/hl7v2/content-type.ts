/** HL7 v2 in its vertical bar encoding, as bytes in the character set that MSH-18 names. */
export const hl7ContentType = 'x-application/hl7-v2+er7';
