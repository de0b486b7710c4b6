import { z } from 'zod';
import type { JsonObject } from '../../core/json.ts';
import { withData } from './data-access.ts';
import { type Call, exitCodes, jsonFlag, type Usage, type Verb, type VerbFlag } from './verb.ts';

const taken = z.object({ channel: z.string(), message: z.number() });

const channelFlag: VerbFlag = {
  name: 'channel',
  takes: 'NAME',
  description: 'The channel, where several have the study.',
};
const reasonFlag: VerbFlag = { name: 'reason', takes: 'TEXT', description: 'Why; kept with the decision.' };

/** An operator's word on a study. Only a running engine takes one. */
function studyWord(
  word: 'complete' | 'release' | 'reject',
  usage: Pick<Usage, 'summary' | 'flags' | 'example'>,
  body: (call: Call) => JsonObject,
): Verb {
  return {
    usage: {
      name: `study ${word}`,
      words: ['UID'],
      takesSettings: true,
      ...usage,
      flags: [...usage.flags, channelFlag, jsonFlag],
    },
    async run(call, world) {
      const [uid = ''] = call.words;
      const channel = call.flag('channel');
      const given = { ...body(call), ...(channel === undefined ? {} : { channel }) };
      const answer = await withData(call, world, {
        throughEngine: (engine) => engine.post(`/api/studies/${encodeURIComponent(uid)}/${word}`, given),
      });
      const { message, channel: name } = taken.parse(answer);
      world.print(
        call.has('json')
          ? JSON.stringify(answer)
          : `${name} takes the word as message ${message}: bithive message show ${message}`,
      );
      return exitCodes.ok;
    },
  };
}

const reasonOf = (call: Call): JsonObject => {
  const reason = call.flag('reason');
  return reason === undefined ? {} : { reason };
};

export const studyComplete = studyWord(
  'complete',
  {
    summary: 'Judges an open study complete: nothing more is awaited.',
    flags: [],
    example: 'bithive study complete 1.2.840.113619.2.1 --data /var/lib/bithive',
  },
  () => ({}),
);

export const studyRelease = studyWord(
  'release',
  {
    summary: 'Lets the held reports of a study go out.',
    flags: [
      { name: 'with-order', description: "The order is the study's all the same: link the report to it." },
      reasonFlag,
    ],
    example: 'bithive study release 1.2.840.113619.2.1 --reason mistyped',
  },
  (call) => ({ withOrder: call.has('with-order'), ...reasonOf(call) }),
);

export const studyReject = studyWord(
  'reject',
  {
    summary: 'Drops the held reports of a study: the images are of somebody else.',
    flags: [reasonFlag],
    example: 'bithive study reject 1.2.840.113619.2.1 --reason other-patient',
  },
  reasonOf,
);
