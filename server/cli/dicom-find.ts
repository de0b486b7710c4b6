import {
  find,
  proposeServices,
  requestAssociation,
  studyRoot,
  worklistFind,
} from '../../connectors/dimse/index.ts';
import { BitHiveError } from '../../core/errors.ts';
import {
  type DicomDataset,
  datasetOf,
  dicomJson,
  dictionaryVr,
  tagOf,
  type WritableDataset,
} from '../../formats/dicom/index.ts';
import { nodeFlags, nodeOf, timesOf } from './dicom-node.ts';
import { wholeNumber } from './remote-flags.ts';
import { table } from './table.ts';
import { type Call, exitCodes, jsonFlag, type Verb } from './verb.ts';

const levels = ['STUDY', 'SERIES', 'IMAGE', 'WORKLIST'] as const;
type Level = (typeof levels)[number];
const matchesMaxDefault = 1_000;

/** What is asked for where nothing is named. */
const defaultKeys: Readonly<Record<Level, readonly string[]>> = {
  STUDY: [
    'PatientID',
    'PatientName',
    'StudyDate',
    'AccessionNumber',
    'ModalitiesInStudy',
    'NumberOfStudyRelatedInstances',
    'StudyInstanceUID',
  ],
  SERIES: [
    'Modality',
    'SeriesNumber',
    'SeriesDescription',
    'NumberOfSeriesRelatedInstances',
    'SeriesInstanceUID',
  ],
  IMAGE: ['InstanceNumber', 'SOPClassUID', 'SOPInstanceUID'],
  WORKLIST: [
    'PatientID',
    'PatientName',
    'AccessionNumber',
    'StudyInstanceUID',
    'RequestedProcedureDescription',
  ],
};

export const dicomFind: Verb = {
  usage: {
    name: 'dicom find',
    summary: 'Asks a DICOM node what it holds (C-FIND).',
    words: ['[KEY=VALUE...]'],
    flags: [
      { name: 'level', takes: 'LEVEL', description: 'STUDY (when absent), SERIES, IMAGE or WORKLIST.' },
      {
        name: 'limit',
        takes: 'NUMBER',
        description: `Matches at most, then the query is cancelled; ${matchesMaxDefault} when absent.`,
      },
      ...nodeFlags,
      jsonFlag,
    ],
    takesSettings: false,
    example:
      'bithive dicom find PatientID=4711 StudyDate=20260101- StudyDescription --host pacs.example --port 104',
  },
  async run(call, world) {
    const level = levelOf(call);
    const keys = keysOf(call.words, level);
    const node = await nodeOf(call, world);
    const times = timesOf(call);
    const limit = wholeNumber(call, 'limit', matchesMaxDefault, 1_000_000);
    const sopClassUid = level === 'WORKLIST' ? worklistFind : studyRoot.find;
    const association = await requestAssociation(node, {
      ...times,
      contexts: proposeServices([sopClassUid]),
    });
    const matches: DicomDataset[] = [];
    try {
      const query = { sopClassUid, identifier: identifierOf(keys, level), answerMs: times.answerMs };
      for await (const match of find(association, query)) {
        matches.push(match);
        if (call.has('json')) world.print(dicomJson(match, { inlineBytesMax: 1024, bulkDataUri: () => '' }));
        if (matches.length >= limit) break;
      }
    } finally {
      await association.release(times.answerMs);
    }
    if (matches.length === 0) return exitCodes.none;
    if (!call.has('json')) {
      const rows = matches.map((match) => keys.map(([, tag]) => match.texts(tag).join('\\')));
      world.print(
        table(
          keys.map(([keyword]) => keyword),
          rows,
        ),
      );
    }
    return exitCodes.ok;
  },
};

type Key = readonly [keyword: string, tag: number, value: string];

function levelOf(call: Call): Level {
  const asked = (call.flag('level') ?? 'STUDY').toUpperCase();
  const level = levels.find((one) => one === asked);
  if (level !== undefined) return level;
  throw new BitHiveError('BH_CLI_USAGE', `--level: expected one of ${levels.join(', ')}`);
}

/** `PatientID=4711` matches, `StudyDescription` is only asked for. */
function keysOf(words: readonly string[], level: Level): readonly Key[] {
  const named = words.map((word): Key => {
    const [keyword = '', ...value] = word.split('=');
    const tag = tagOf(keyword);
    if (tag === undefined) throw new BitHiveError('BH_CLI_USAGE', `${keyword} is no keyword of PS3.6`);
    if (['SQ', 'UN', 'OB', 'OW', 'ox'].includes(dictionaryVr(tag)))
      throw new BitHiveError('BH_CLI_USAGE', `${keyword} is no attribute that a query matches`);
    return [keyword, tag, value.join('=')];
  });
  const more = defaultKeys[level].filter((keyword) => !named.some(([one]) => one === keyword));
  return [...named, ...more.map((keyword): Key => [keyword, tagOf(keyword) ?? 0, ''])];
}

function identifierOf(keys: readonly Key[], level: Level): WritableDataset {
  const values = Object.fromEntries(keys.map(([keyword, , value]) => [keyword, value === '' ? null : value]));
  return datasetOf(level === 'WORKLIST' ? values : { QueryRetrieveLevel: level, ...values });
}
