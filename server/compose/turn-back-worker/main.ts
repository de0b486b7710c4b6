import { answerRequests, ownBytes } from '../../../connectors/request-thread-port.ts';
import { instanceFacts, readDataset } from '../../../formats/dicom/index.ts';
import { turnBack } from '../../../mappings/deidentify/index.ts';
import { askedStudy } from './asked-study.ts';
import type { TurnBackAnswers, TurnBackRequest, TurnedBack } from './protocol.ts';

// Results are turned back here, one after the other: they come from outside, one of a million items takes seconds, and the engine's own thread
// must acknowledge messages meanwhile. What was sent is asked of the engine, which has the store.
answerRequests<TurnBackRequest, TurnedBack, TurnBackAnswers>(async ({ bytes, documents }, ask) => {
  const studyOf = (sentStudyUid: string) => askedStudy(ask, sentStudyUid);
  const turned = ownBytes(await turnBack(bytes, { studyOf, documents }));
  const result = { bytes: turned, facts: instanceFacts(readDataset(turned)) };
  return { result, transfer: [turned.buffer] };
});
