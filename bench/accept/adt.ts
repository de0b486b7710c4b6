const pad = (n: number, digits: number): string => String(n).padStart(digits, '0');

/** An ADT^A08 of about 1 KB for one of many patients; the control id is unique. */
export function adtMessage(controlId: string, patient: number): Buffer {
  const mrn = `M${pad(patient, 7)}`;
  const segments = [
    `MSH|^~\\&|HIS|GENERAL|BITHIVE|GENERAL|20261122080000+0000||ADT^A08^ADT_A01|${controlId}|P|2.5.1|||AL|NE|CHE|UNICODE UTF-8`,
    'EVN|A08|20261122080000+0000|||ADMIN^Clerk^Ada|20261122075900+0000',
    `PID|1||${mrn}^^^GENERAL^MR~7561234${pad(patient, 6)}^^^AHV^SS||Testperson^Nora^Maria^^Ms^^L~Beispiel^^^^^^M||19760412|F|||Bahnhofstrasse 12^^Zuerich^ZH^8001^CHE^H||^PRN^PH^^41^44^5550101~^NET^Internet^nora@example.org|^WPN^PH^^41^44^5550102|de^German^ISO639|M|REF|A${pad(patient, 8)}^^^GENERAL^AN|||||Zuerich|||||CHE^Switzerland^ISO3166`,
    'NK1|1|Testperson^Karl^^^Mr|SPO^Spouse^HL70063|Bahnhofstrasse 12^^Zuerich^ZH^8001^CHE|^PRN^PH^^41^44^5550103',
    `PV1|1|I|MED^201^1^GENERAL^^BED^MAIN^2||||1001^Muster^Max^^^Dr^^^GENERAL|1002^Arzt^Anna^^^Dr^^^GENERAL||MED||||1|||1001^Muster^Max^^^Dr^^^GENERAL|IP|V${pad(patient, 8)}^^^GENERAL^VN|||||||||||||||||||||GENERAL||A|||20261122071500+0000`,
    'PV2|||J18.9^Pneumonia^ICD10||||||20261127',
    'AL1|1|DA|387207008^Penicillin^SCT|MO|Rash',
    'DG1|1||J18.9^Pneumonia, unspecified^ICD10|Pneumonia|20261122073000+0000|A',
  ];
  return Buffer.from(`${segments.join('\r')}\r`);
}

export const frame = (message: Buffer): Buffer =>
  Buffer.concat([Buffer.of(0x0b), message, Buffer.of(0x1c, 0x0d)]);
