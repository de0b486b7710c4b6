import type { Dice } from './mllp-inputs.ts';

/** What a sender may do to a message between the standard and the wire. Each keeps it a message: MSH, a type, segments. */
export interface MappingInput {
  readonly name: string;
  readonly bytes: Buffer;
}

type Lines = string[];
type Change = (lines: Lines, dice: Dice) => void;

/** Messages of every family with a group structure of its own; a run adds those of a folder. */
export const seedMessages: readonly string[] = [
  'MSH|^~\\&|HIS|HOSP|EHR|HOSP|20261122080000+0100||ADT^A01^ADT_A01|C1|P|2.5.1||||||UNICODE UTF-8\rEVN|A01|20261122080000|||7^Op^Ann\rPID|1||1001^^^HOSP^MR~77^^^SSA^SS||Muster^Nora^^^Dr||19760412|F|||Weg 1^^Ort^ZH^8000^CH||^PRN^PH^^41^31^555||de|M\rNK1|1|Muster^Max|SPO\rPV1|1|I|MED^201^1^HOSP||||1001^Arzt^Eva|||CAR||||||||V1^^^HOSP-VN|||||||||||||||||||||||||20261122070000\rAL1|1|DA|PEN^Penicillin^L|SV|Rash\rDG1|1||I10^Hypertension^I10\rIN1|1|PLAN1|77|Kasse\rOBX|1|NM|8302-2^Height^LN||172|cm^^UCUM|||||F\rZPV|1|own',
  'MSH|^~\\&|HIS|HOSP|EHR|HOSP|20261122||ADT^A40^ADT_A39|C2|P|2.5.1\rEVN|A40|20261122\rPID|1||1^^^HOSP^MR||A^B\rMRG|2^^^HOSP^MR\rPID|2||3^^^HOSP^MR||C^D\rMRG|4^^^HOSP^MR',
  'MSH|^~\\&|LIS|LAB|EHR|HOSP|20261122080000||ORU^R01^ORU_R01|C3|P|2.5.1\rPID|1||1001^^^HOSP^MR||Muster^Nora\rPV1|1|O\rORC|RE|P1|F1\rOBR|1|P1|F1|24331-1^Lipids^LN|||20261122070000|||||||||7^Arzt^Eva||||||20261122080000||LAB|F\rNTE|1||fasting\rOBX|1|NM|2093-3^Cholesterol^LN||<5.10|mmol/L^^UCUM|0-5|H|||F\rOBX|2|SN|x^Y^L|1|>^7|mg\rOBX|3|ED|PDF^Report^L||APP^application^pdf^Base64^QUJD\rOBX|4|TX|T^Text^L||line one~line two\rSPM|1|S1&LIS^S2&LIS||BLD\rOBX|5|CWE|c^C^L||A^B^L||||||P',
  'MSH|^~\\&|HIS|HOSP|RIS|HOSP|20261122||OML^O21|C4|P|2.5.1\rPID|1||1^^^HOSP^MR||A^B\rORC|NW|P1^HIS||G1\rTQ1|1||||||20261122||S\rOBR|1|P1^HIS||CT^Head^L|||||||||Trauma\rOBX|1|ST|q^Pregnant^L||no||||||F\rSPM|1||||URN\rORC|CA|P2\rOBR|2|P2||MR^Knee^L',
  'MSH|^~\\&|SCH|HOSP|EHR|HOSP|20261122||SIU^S12|C5|P|2.5.1\rSCH|P1|F1|||||R^Reason^L|||30|min|^^30^20261201100000^20261201103000|||||7^P^Q||||||||Booked\rPID|1||1^^^HOSP^MR||A^B\rRGS|1\rAIS|1||S^Service^L|20261201100000|||30|min\rAIP|1||7^Arzt^Eva\rAIL|1||R1^1\rNTE|1||bring papers',
  'MSH|^~\\&|TRN|HOSP|EHR|HOSP|20261122||MDM^T02|C6|P|2.5.1\rEVN|T02|20261122\rPID|1||1^^^HOSP^MR||A^B\rPV1|1|I\rTXA|1|CN|TX|20261122||||||||D1^X|D0^X||||AU||AV\rOBX|1|TX|R^Report^L||first~second||||||F\rOBX|2|ED|R^Report^L||^application^pdf^Base64^QUJD',
  'MSH|^~\\&|IIS|HOSP|EHR|HOSP|20261122||VXU^V04|C7|P|2.5.1\rPID|1||1^^^HOSP^MR||A^B\rORC|RE|P1|F1\rRXA|0|1|20261122||08^HepB^CVX|0.5|mL^^UCUM||||||||L1|20280101|MSD^Merck^MVX||00|CP|A\rRXR|IM|LA\rOBX|1|CE|64994-7^Funding^LN|1|V02^Medicaid^HL70064||||||F',
  'MSH|^~\\&|PHA|HOSP|EHR|HOSP|20261122||RDE^O11|C8|P|2.5.1\rPID|1||1^^^HOSP^MR||A^B\rORC|NW|P1|F1\rRXE|^^^20261122|M^Drug^L|1||TAB||||||10|||||RX1\rTQ1|1||BID\rRXR|PO\rRXC|B|M^Drug^L|1|g',
  'MSH|^~\\&|BIL|HOSP|EHR|HOSP|20261122||DFT^P03|C9|P|2.5.1\rEVN|P03|20261122\rPID|1||1^^^HOSP^MR||A^B|||||||||||||ACC1\rFT1|1|T1||20261122||CG|X^Charge^L|||2|12.50&EUR|||||||DIAG^D^I10\rPR1|1||99213^Visit^C4\rIN1|1|PLAN|77|Kasse',
  'MSH|^~\\&|X|Y|EHR|HOSP|20261122||ACK|CA|P|2.5.1\rMSA|AE|C1\rERR||PID^1^7|101^Required^HL70357|E',
  'MSH|^~\\&|X|Y|EHR|HOSP|20261122||XXX^Y99|CB|P|2.5.1\rPID|1||1\rZZ1|a^b&c~d',
];

const lineAt = (lines: Lines, dice: Dice): number => 1 + dice.below(Math.max(1, lines.length - 1));

/** Puts something else into one field of one segment. MSH keeps what makes it a header. */
function changeField(lines: Lines, dice: Dice, change: (field: string) => string): void {
  const at = dice.below(lines.length);
  const fields = (lines[at] ?? '').split('|');
  const first = fields[0] === 'MSH' ? 2 : 1;
  if (fields.length <= first) return;
  const nth = first + dice.below(fields.length - first);
  fields[nth] = change(fields[nth] ?? '');
  lines[at] = fields.join('|');
}

const texts = [
  '',
  '""',
  '0',
  '-1',
  '<5',
  '99999999999999999999',
  '1e999',
  '20269931',
  '00000000',
  'Y',
  '^',
  '^^^^^^^^^^^^^^^^^^^^',
  '&&&&',
  '~~~~',
  '\\X00\\',
  '\\F\\\\S\\\\T\\\\R\\\\E\\',
  '\\.br\\',
  '\u0000\u0001\u001f',
  '\u00fc\u{1F600}',
  '\ud800',
  '__proto__',
  'constructor',
  'urn:uuid:x y',
  'http://a b',
  ' ',
  '\t',
  'a'.repeat(70_000),
  '1&2^3&4~5',
];

const segmentNames =
  'MSH EVN PID PD1 NK1 PV1 PV2 ROL PRT DB1 OBX NTE AL1 IAM DG1 DRG PR1 GT1 IN1 IN2 IN3 ACC MRG ORC OBR TQ1 TQ2 SPM SAC SID IPC ZDS CTD FT1 BLG RXA RXR RXE RXO RXD RXC RXG SCH RGS AIS AIG AIL AIP TXA PRB GOL PTH RF1 PRD ARV SFT UAC MSA ERR DSC ZZZ Z01'.split(
    ' ',
  );
const types =
  'ADT^A01 ADT^A08 ADT^A17 ADT^A24 ADT^A40 ADT^A47 ORU^R01 ORU^R30 OUL^R22 OUL^R24 OML^O21 OMG^O19 ORM^O01 OMI^O23 OMP^O09 RDE^O11 RDS^O13 RAS^O17 VXU^V04 SIU^S12 SIU^S26 MDM^T02 MDM^T10 DFT^P03 BAR^P01 BAR^P12 PPR^PC1 REF^I12 ACK ACK^A01 ORU ZZZ^Z01 ^ ""'.split(
    ' ',
  );

const changes: readonly (readonly [string, Change])[] = [
  ['a field is something else', (lines, dice) => changeField(lines, dice, () => dice.pick(texts))],
  [
    'components cut',
    (lines, dice) => changeField(lines, dice, (field) => field.slice(0, dice.below(field.length + 1))),
  ],
  [
    'components swapped',
    (lines, dice) => changeField(lines, dice, (field) => field.split('^').reverse().join('^')),
  ],
  [
    'separators instead of letters',
    (lines, dice) =>
      changeField(lines, dice, (field) => field.replace(/[a-z0-9]/gi, () => dice.pick([...'^~&\\AB1']))),
  ],
  [
    'a field repeats',
    (lines, dice) =>
      changeField(lines, dice, (field) =>
        Array(2 + dice.below(4))
          .fill(field)
          .join('~'),
      ),
  ],
  [
    'fields swapped',
    (lines, dice) => {
      const at = lineAt(lines, dice);
      const [name = '', ...fields] = (lines[at] ?? '').split('|');
      for (let nth = fields.length - 1; nth > 0; nth--) {
        const other = dice.below(nth + 1);
        [fields[nth], fields[other]] = [fields[other]!, fields[nth]!];
      }
      lines[at] = [name, ...fields].join('|');
    },
  ],
  [
    'every field of a segment',
    (lines, dice) => {
      const fields = Array.from({ length: 1 + dice.below(60) }, () => dice.pick(texts.slice(0, -2)));
      lines.splice(lineAt(lines, dice), 0, `${dice.pick(segmentNames.slice(1))}|${fields.join('|')}`);
    },
  ],
  ['a segment is missing', (lines, dice) => void lines.splice(lineAt(lines, dice), 1)],
  [
    'a segment twice',
    (lines, dice) => void lines.splice(lineAt(lines, dice), 0, lines[lineAt(lines, dice)] ?? 'NTE|1'),
  ],
  [
    'segments in another order',
    (lines, dice) => {
      const [moved] = lines.splice(lineAt(lines, dice), 1);
      if (moved !== undefined) lines.splice(lineAt(lines, dice), 0, moved);
    },
  ],
  [
    'a Z segment',
    (lines, dice) => void lines.splice(lineAt(lines, dice), 0, `Z${dice.below(90) + 10}|${dice.pick(texts)}`),
  ],
  [
    'another segment name',
    (lines, dice) => {
      const at = lineAt(lines, dice);
      lines[at] = `${dice.pick(segmentNames.slice(1))}${(lines[at] ?? '').slice(3)}`;
    },
  ],
  [
    'another type',
    (lines, dice) => {
      const fields = (lines[0] ?? '').split('|');
      fields[8] = dice.pick(types);
      lines[0] = fields.join('|');
    },
  ],
  [
    'another charset',
    (lines, dice) => {
      const fields = (lines[0] ?? '').split('|');
      while (fields.length < 18) fields.push('');
      fields[17] = dice.pick([
        '8859/1',
        'UNICODE UTF-8',
        'UNICODE UTF-16',
        'ISO IR87',
        'GB 18030-2000',
        '8859/1~ISO IR87',
        'KLINGON',
      ]);
      lines[0] = fields.join('|');
    },
  ],
  ['nothing but the header', (lines) => void lines.splice(1)],
];

/** In place of the PID that is there. */
const replacePid = (lines: Lines, pid: string): void => {
  const at = lines.findIndex((line) => line.startsWith('PID|'));
  if (at < 0) lines.push(pid);
  else lines[at] = pid;
};
const numbered = (count: number, line: (at: number) => string): string[] =>
  Array.from({ length: count }, (_, at) => line(at));

/** Huge in one direction; each of them a second's work for what is not linear. */
const huge: readonly (readonly [string, (lines: Lines) => void])[] = [
  ['20 thousand repetitions of PID-3', (lines) => replacePid(lines, `PID|1||${'1^^^H^MR~'.repeat(20_000)}`)],
  [
    '20 thousand ids',
    (lines) => replacePid(lines, `PID|1||${numbered(20_000, (at) => `${at}^^^H`).join('~')}`),
  ],
  ['40 thousand components', (lines) => replacePid(lines, `PID|1||1||${'^'.repeat(40_000)}x`)],
  ['3 thousand OBX without a code', (lines) => void lines.push(...numbered(3_000, () => 'OBX|1|NM|||5'))],
  [
    '3 thousand OBX of one code',
    (lines) => void lines.push(...numbered(3_000, () => 'OBX|1|NM|A^B^L||5||||||F')),
  ],
  ['3 thousand OBX', (lines) => void lines.push(...numbered(3_000, (at) => `OBX|1|NM|A${at}^B^L||5||||||F`))],
  [
    '3 thousand bad numbers',
    (lines) => void lines.push(...numbered(3_000, () => 'OBX|1|NM|A^B^L||5 ?|||||||||9999')),
  ],
  [
    'a thousand orders',
    (lines) => void lines.push(...numbered(1_000, (at) => `ORC|NW|P${at}\rOBR|1|P${at}||A^B^L`)),
  ],
  ['a thousand orders of no number', (lines) => void lines.push(...numbered(1_000, () => 'ORC|NW\rOBR|1'))],
  [
    'a thousand visits',
    (lines) => void lines.push(...numbered(1_000, () => 'PV1|1|I|A^B^C\rDG1|1||X^Y^L\rIN1|1|P')),
  ],
  [
    'a thousand of each',
    (lines) =>
      void lines.push(
        ...segmentNames.slice(1).flatMap((name) => numbered(200, (at) => `${name}|${at}|${at}|${at}^x`)),
      ),
  ],
  ['20 thousand segments of no name', (lines) => void lines.push(...numbered(20_000, () => 'Z|'))],
  ['a note of 5 MB', (lines) => void lines.push(`NTE|1||${'x'.repeat(5_000_000)}`)],
  [
    'a value of 5 MB',
    (lines) => void lines.push(`OBX|1|ED|A^B^L||^application^pdf^Base64^${'QUJD'.repeat(1_250_000)}`),
  ],
];
/** So many inputs from the first on are huge: each direction with each seed message. */
export const hugeInputs = huge.length * seedMessages.length;

const linesOf = (text: string): Lines => text.split(/\r\n|\r|\n/).filter((line) => line !== '');

/** The huge ones first, then seeds changed one to four times, in other delimiters now and then. */
export function mappingInput(nth: number, dice: Dice, seeds: readonly string[]): MappingInput {
  if (nth < hugeInputs) {
    const [name, change] = huge[nth % huge.length]!;
    const lines = linesOf(seedMessages[Math.floor(nth / huge.length)]!);
    change(lines);
    return { name: `${name} (${lines[0]?.split('|')[8]})`, bytes: Buffer.from(lines.join('\r')) };
  }
  const lines = linesOf(dice.pick(seeds));
  const names: string[] = [];
  for (let left = 1 + dice.below(4); left > 0; left--) {
    const [name, change] = dice.pick(changes);
    change(lines, dice);
    names.push(name);
  }
  let text = lines.join(dice.pick(['\r', '\r', '\r', '\n', '\r\n']));
  if (dice.below(8) === 0) {
    text = otherDelimiters(text, dice);
    names.push('other delimiters');
  }
  const isLatin = dice.below(6) === 0;
  return { name: names.join(', '), bytes: Buffer.from(text, isLatin ? 'latin1' : 'utf8') };
}

/** The same message under separators that few senders use; or under ones that are letters, or missing. */
function otherDelimiters(text: string, dice: Dice): string {
  const [field, component, repetition, mark, subcomponent] = dice.pick([
    '#*!?%',
    '|^~\\',
    '|^',
    '|^~\\&#',
    '\u00a7\u00b0~\\&',
    '|~^&\\',
  ]);
  const to: { readonly [from: string]: string | undefined } = {
    '|': field,
    '^': component,
    '~': repetition,
    '\\': mark,
    '&': subcomponent,
  };
  return text.replace(/[|^~\\&]/g, (one) => to[one] ?? '');
}
