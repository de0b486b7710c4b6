const pad = (n: number, digits: number): string => String(n).padStart(digits, '0');

/** Analytes of a chemistry and a blood count, with their LOINC codes, units and ranges. */
const analytes = (
  '2345-7^Glucose|mmol/L|3.9-6.1;2160-0^Creatinine|umol/L|44-97;3094-0^Urea|mmol/L|2.8-8.1;2951-2^Sodium|mmol/L|136-145;2823-3^Potassium|mmol/L|3.5-5.1;' +
  '2075-0^Chloride|mmol/L|98-107;17861-6^Calcium|mmol/L|2.15-2.5;2777-1^Phosphate|mmol/L|0.81-1.45;1920-8^AST|U/L|<35;1742-6^ALT|U/L|<34;' +
  '6768-6^Alkaline phosphatase|U/L|35-104;2324-2^GGT|U/L|<40;1975-2^Bilirubin|umol/L|<21;2885-2^Protein|g/L|64-83;1751-7^Albumin|g/L|35-52;' +
  '2093-3^Cholesterol|mmol/L|<5.2;2571-8^Triglycerides|mmol/L|<1.7;3084-1^Urate|umol/L|143-339;1988-5^CRP|mg/L|<5;6598-7^Troponin T|ng/L|<14;' +
  '6690-2^Leukocytes|10*9/L|4.0-10.0;789-8^Erythrocytes|10*12/L|3.9-5.2;718-7^Hemoglobin|g/L|120-160;4544-3^Hematocrit|L/L|0.35-0.47;' +
  '787-2^MCV|fL|80-100;785-6^MCH|pg|27-34;786-4^MCHC|g/L|320-360;777-3^Platelets|10*9/L|150-400'
)
  .split(';')
  .map((text) => text.split('|') as [code: string, unit: string, range: string]);

/** An ORU^R01 as a laboratory sends it, of 28 results unless asked for others: 10 KB. Every message is of another patient, order and time. */
export function oruMessage(at: number, results: number = analytes.length): Buffer {
  const six = pad(at, 6);
  const time = `202611${pad(1 + (at % 28), 2)}${pad(at % 24, 2)}${pad((at * 7) % 60, 2)}${pad((at * 13) % 60, 2)}+0000`;
  const physician = `${1000 + (at % 200)}^Muster${at % 200}^Max^^^Dr^^^GENERAL`;
  const lines = [
    `MSH|^~\\&|LIS|GENERAL|BITHIVE|GENERAL|${time}||ORU^R01^ORU_R01|R${six}|P|2.5.1|||AL|NE|CHE|UNICODE UTF-8`,
    `PID|1||M0${six}^^^GENERAL^MR||Testperson${at.toString(36)}^Nora^Maria^^Ms^^L||19${30 + (at % 70)}0412|F|||Bahnhofstrasse ${at}^^Zuerich^ZH^8001^CHE^H`,
    `PV1|1|I|W${at % 20}^${200 + (at % 30)}^1^GENERAL||||${physician}||||||||||||V00${six}^^^GENERAL^VN`,
    `ORC|RE|P${six}^HIS|F${six}^LIS||CM||||${time}|||${physician}`,
    `OBR|1|P${six}^HIS|F${six}^LIS|24323-8^Comprehensive metabolic panel^LN|||${time}|||||||${time}||${physician}||||||${time}||LAB|F`,
  ];
  for (let nth = 0; nth < results; nth++) {
    const [code, unit, range] = analytes[nth % analytes.length]!;
    const value = nth % 7 === 3 ? `<${nth % 10}` : `${(at + nth * 37) % 200}.${nth % 10}0`;
    const sub = nth < analytes.length ? '' : String(Math.floor(nth / analytes.length));
    lines.push(
      `OBX|${nth + 1}|NM|${code} [measured in serum or plasma, routine chemistry]^LN^L${nth % analytes.length}^${code.split('^')[1]}^99LAB|${sub}|${value}|${unit}^${unit}^UCUM|${range}|${nth % 5 === 0 ? 'H' : 'N'}|||F|||${time}||TECH${at % 9}^Tech^Tina^^^^^^GENERAL|COBAS8000^cobas 8000 modular analyzer series^99LAB|AN${nth % 3}^LIS|${time}||||Central Laboratory^L^^^^CLIA^XX^^^34D1234567|Labweg 1^^Zuerich^ZH^8001^CHE^B`,
    );
  }
  lines.push(`SPM|1|S${six}&HIS^T${six}&LIS||SER^Serum^HL70487|||||||||||||${time}|${time}`);
  return Buffer.from(`${lines.join('\r')}\r`);
}
