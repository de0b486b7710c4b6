// Makes mappings/deidentify/tables/confidentiality-profile.csv and attribute-types.csv: what PS3.15 Table E.1-1 does with each attribute, and
// which type an attribute with a conditional action (X/Z, X/D ...) has in the IOD of a SOP class.
//
// Usage: node scripts/generate-confidentiality-profile.mjs <confidentiality_profile_attributes.json> <_dicom_dict.py> <Part3.xml> <UIDs.xml> [later rows]
//
// - confidentiality_profile_attributes.json: the table as innolitics/dicom-standard (MIT) exports it from the DocBook of PS3.15; here the edition 2024b.
// - _dicom_dict.py: pydicom (MIT), for the keywords.
// - Part3.xml, UIDs.xml: the tables of PS3.3 and PS3.6 (2008) as GDCM (BSD) carries them; newer SOP classes are unknown to it.
// - later rows: lines "tag,basic action,options as column=action ..." of a newer edition, marked as such.
// Only facts are taken: tag, keyword, action, type.
import { readFileSync, writeFileSync } from 'node:fs';

const [profileFile, dictionaryFile, iodFile, uidFile, ...later] = process.argv.slice(2);
const folder = 'mappings/deidentify/tables/';

/** Columns of the table after the basic profile, in its order: name in the export, name here. */
const options = [
  ['rtnSafePrivOpt', 'retainSafePrivate'],
  ['rtnUIDsOpt', 'retainUids'],
  ['rtnDevIdOpt', 'retainDeviceIdentity'],
  ['rtnInstIdOpt', 'retainInstitutionIdentity'],
  ['rtnPatCharsOpt', 'retainPatientCharacteristics'],
  ['rtnLongFullDatesOpt', 'retainFullDates'],
  ['rtnLongModifDatesOpt', 'retainModifiedDates'],
  ['cleanDescOpt', 'cleanDescriptors'],
  ['cleanStructContOpt', 'cleanStructuredContent'],
  ['cleanGraphOpt', 'cleanGraphics'],
];

const keywords = new Map();
for (const line of readFileSync(dictionaryFile, 'utf8').split('\n')) {
  const entry =
    /^ {4}(?:0x([0-9A-F]{8})|'([0-9A-Fx]{8})'): \('[^']*', '[^']*', ["'].*["'], '[^']*', '(\w*)'\)/.exec(
      line,
    );
  if (entry) keywords.set((entry[1] ?? entry[2].toUpperCase()).toUpperCase(), entry[3]);
}

const rows = JSON.parse(readFileSync(profileFile, 'utf8')).map((row) => {
  const tag = /odd/i.test(row.tag)
    ? 'private'
    : row.tag.replace(/[(),]/g, '').toUpperCase().replace(/X/g, 'x');
  return {
    tag,
    edition: '2024b',
    basic: row.basicProfile,
    actions: options.map(([name]) => row[name] ?? ''),
  };
});
for (const line of later) {
  const [tag, basic, ...given] = line.split(',');
  const own = new Map(given.map((text) => text.split('=')));
  rows.push({ tag, edition: 'later', basic, actions: options.map(([, name]) => own.get(name) ?? '') });
}
rows.sort((a, b) => (a.tag < b.tag ? -1 : 1));
const keywordOf = (tag) =>
  keywords.get(tag.toUpperCase()) ?? { private: 'PrivateAttributes', '50xxxxxx': 'CurveData' }[tag] ?? '';
writeFileSync(
  `${folder}confidentiality-profile.csv`,
  `${['tag', 'keyword', 'edition', 'basic', ...options.map(([, name]) => name)].join(',')}\n${rows
    .map(({ tag, edition, basic, actions }) => [tag, keywordOf(tag), edition, basic, ...actions].join(','))
    .join('\n')}\n`,
);

// Types: only those of attributes whose action depends on one, at the top level of the data set.
const conditional = new Set(rows.filter(({ basic }) => basic.includes('/')).map(({ tag }) => tag));
const iods = readFileSync(iodFile, 'utf8');
const blocks = (name) => [...iods.matchAll(new RegExp(`<${name} ([^>]*)>([\\s\\S]*?)</${name}>`, 'g'))];
const attribute = (text, name) => new RegExp(`\\b${name}="([^"]*)"`).exec(text)?.[1] ?? '';
const macros = new Map(blocks('macro').map(([, head, body]) => [attribute(head, 'table'), body]));

/** Tag and type of the entries of a module or macro that are not inside a sequence. */
function typesOf(body, seen = new Set()) {
  const found = [];
  for (const [line] of body.matchAll(/<(?:entry|include) [^>]*>/g)) {
    const nested = /(?:name|ref)="\s*&gt;/.test(line);
    if (nested) continue;
    if (line.startsWith('<include')) {
      const table = /Table ([\w.-]+)/.exec(attribute(line, 'ref'))?.[1];
      if (table && macros.has(table) && !seen.has(table))
        found.push(...typesOf(macros.get(table), new Set([...seen, table])));
      continue;
    }
    found.push([
      `${attribute(line, 'group')}${attribute(line, 'element')}`.toUpperCase(),
      attribute(line, 'type')[0],
    ]);
  }
  return found;
}
const modules = new Map(blocks('module').map(([, head, body]) => [attribute(head, 'ref'), typesOf(body)]));

/** "CR Image IOD Modules" and "Computed Radiography Image Storage" are one thing under two names. */
const plain = (name) =>
  name
    .toLowerCase()
    .replace(/-/g, ' ')
    .replace(
      /\b(iod|modules?|storage|image|information|object|definition|sop class|for presentation|for processing)\b/g,
      ' ',
    )
    .replace(/\bcomputed radiography\b/, 'cr')
    .replace(/\bultrasound\b/, 'us')
    .replace(/\bnuclear medicine\b/, 'nm')
    .replace(/\bsecondary capture\b/, 'sc')
    .replace(/\bx ray angiographic\b/, 'xa')
    .replace(/\bx ray radiofluoroscopic\b/, 'xrf')
    .replace(/\bdigital x ray\b/, 'dx')
    .replace(/\bpositron emission tomography\b/, 'pet')
    .replace(/\bx ray rf\b/, 'xrf')
    .replace(/\becg waveform\b/, 'ecg')
    .replace(/\bmulti frame us\b|\bus multi frame\b/, 'us multi frame')
    .replace(/[^a-z0-9]+/g, '');
const iodsByName = new Map(
  blocks('iod').map(([, head, body]) => [
    plain(attribute(head, 'name')),
    [...body.matchAll(/<entry [^>]*>/g)].map(([line]) => attribute(line, 'ref')),
  ]),
);
const classes = [];
for (const [line] of readFileSync(uidFile, 'utf8').matchAll(/<uid [^>]*>/g)) {
  const name = attribute(line, 'name');
  const refs = iodsByName.get(plain(name.replace(/\(Retired\)/, '')));
  if (!attribute(line, 'value').startsWith('1.2.840.10008.5.1.4.1.1.') || /Retired/.test(name) || !refs)
    continue;
  const types = new Map();
  for (const [tag, type] of refs.flatMap((ref) => modules.get(ref) ?? [])) {
    if (!conditional.has(tag) || !/[123]/.test(type)) continue;
    types.set(tag, Math.min(Number(type), types.get(tag) ?? 3));
  }
  classes.push([attribute(line, 'value'), types]);
}
classes.sort(([a], [b]) => (a < b ? -1 : 1));
writeFileSync(
  `${folder}attribute-types.csv`,
  `sopClassUid,type1,type2,type3\n${classes
    .map(([uid, types]) =>
      [
        uid,
        ...[1, 2, 3].map((type) =>
          [...types]
            .filter(([, own]) => own === type)
            .map(([tag]) => tag)
            .sort()
            .join(' '),
        ),
      ].join(','),
    )
    .join('\n')}\n`,
);
console.log(`${rows.length} rows, ${conditional.size} conditional, types for ${classes.length} SOP classes`);
