/** An HL7 NM (HL7 v2.5.1 2.A.47) that FHIR can carry as a decimal. */
export interface NumberReading {
  /** As FHIR JSON writes it: `12.50`, `0.5`, `-7`. Digits are kept as sent. */
  readonly digits: string;
  readonly comparator?: '<' | '<=' | '>' | '>=';
}

const grammar = /^(<=|>=|<|>)?\s*([+-]?)(\d+(?:\.\d*)?|\.\d+)$/;
/** Longer texts are not measurements. */
const charsMax = 64;

/**
 * Strict: a sign, digits and one point; a comparator in front is kept as such. Anything else is null and must stay text: a troponin of
 * `<5` or `5 (hemolysed)` may never leave as 5.
 */
export function readNumber(sent: string): NumberReading | null {
  const text = sent.trim();
  const match = text.length > charsMax ? null : grammar.exec(text);
  if (match === null) return null;
  const [, comparator, sign, body] = match as unknown as [
    string,
    NumberReading['comparator'],
    string,
    string,
  ];
  const [whole = '', fraction = ''] = body.split('.');
  const unsigned = `${whole.replace(/^0+(?=\d)/, '') || '0'}${fraction === '' ? '' : `.${fraction}`}`;
  const digits = sign === '-' ? `-${unsigned}` : unsigned;
  return comparator === undefined ? { digits } : { digits, comparator };
}
