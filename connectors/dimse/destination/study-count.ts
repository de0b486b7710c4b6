import {
  type DicomDataset,
  datasetOf,
  type KeywordValue,
  tagOf,
  tags,
} from '../../../formats/dicom/index.ts';
import { find } from '../scu/find.ts';
import { proposeServices } from '../scu/proposals.ts';
import { studyRoot } from '../sop-classes.ts';
import type { Association } from '../upper-layer/association.ts';
import { requestAssociation } from '../upper-layer/request-association.ts';
import type { QueryOptions } from './study-query-answer.ts';

/** All matches of a query under the study root. */
export async function matchesOf(
  association: Association,
  values: Readonly<Record<string, KeywordValue>>,
  answerMs: number,
): Promise<readonly DicomDataset[]> {
  const matches: DicomDataset[] = [];
  const query = { sopClassUid: studyRoot.find, identifier: datasetOf(values), answerMs };
  for await (const match of find(association, query)) matches.push(match);
  return matches;
}

/**
 * How many instances the archive holds of a study: what it says itself (0020,1208), or series by series (0020,1209), or, where it counts
 * neither, as many as it lists. 0 where it does not know the study.
 */
export async function studyCount(studyInstanceUid: string, options: QueryOptions): Promise<number> {
  const { node, clock, answerMs, signal } = options;
  const contexts = proposeServices([studyRoot.find]);
  const association = await requestAssociation(node, { clock, answerMs, contexts, signal });
  try {
    const [study] = await matchesOf(
      association,
      {
        QueryRetrieveLevel: 'STUDY',
        StudyInstanceUID: studyInstanceUid,
        NumberOfStudyRelatedInstances: null,
      },
      answerMs,
    );
    if (study === undefined) return 0;
    const count = numberOf(study, 'NumberOfStudyRelatedInstances');
    return count ?? (await bySeries(association, studyInstanceUid, answerMs));
  } finally {
    await association.release(answerMs);
  }
}

async function bySeries(
  association: Association,
  studyInstanceUid: string,
  answerMs: number,
): Promise<number> {
  const asked = {
    QueryRetrieveLevel: 'SERIES',
    StudyInstanceUID: studyInstanceUid,
    SeriesInstanceUID: null,
    NumberOfSeriesRelatedInstances: null,
  };
  let total = 0;
  for (const series of await matchesOf(association, asked, answerMs)) {
    const count = numberOf(series, 'NumberOfSeriesRelatedInstances');
    const listed = {
      QueryRetrieveLevel: 'IMAGE',
      StudyInstanceUID: studyInstanceUid,
      SeriesInstanceUID: series.text(tags.seriesInstanceUid) ?? null,
      SOPInstanceUID: null,
    };
    total += count ?? (await matchesOf(association, listed, answerMs)).length;
  }
  return total;
}

function numberOf(dataset: DicomDataset, keyword: string): number | undefined {
  const tag = tagOf(keyword);
  return tag === undefined ? undefined : dataset.number(tag);
}
