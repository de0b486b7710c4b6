import { z } from 'zod';
import { ownObjectScope } from '../../core/dicom-object.ts';
import type { Message } from '../../core/message.ts';
import type { StepKind } from '../channel/catalog.ts';

const sentBy = z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}\/[a-z0-9][a-z0-9-]{0,62}$/, 'CHANNEL/DESTINATION');
const senders = z.array(z.string().min(1).max(256)).min(1).max(64);
const settings = z
  .union([
    sentBy,
    z.strictObject({
      sentBy,
      /** Only what these send (calling AE title, subject of the token) is a result; absent: everything is. */
      senders: senders.exactOptional(),
      /** PDF and other documents in DICOM. */
      documents: z.enum(['refuse', 'keep']).default('refuse'),
    }),
  ])
  .transform((given): ReidentifySettings => {
    const { sentBy: by, ...rest } =
      typeof given === 'string' ? { sentBy: given, documents: 'refuse' as const } : given;
    const [channel = '', destination = ''] = by.split('/');
    return { channel, destination, ...rest };
  });

export interface ReidentifySettings {
  /** The destination by which the originals left. */
  readonly channel: string;
  readonly destination: string;
  readonly senders?: readonly string[];
  readonly documents: 'refuse' | 'keep';
}

/** The message with the object that the hospital's archive may have. Throws BH_REIDENTIFY_*, BH_DICOM_*. */
export type TurnMessageBack = (message: Message, settings: ReidentifySettings) => Promise<Message>;

/**
 * `reidentify`: what a remote node made of objects that left de-identified gets the hospital's patient, study, order, dates and UIDs back, before anything
 * else of the channel sees it. What cannot be turned back with certainty is quarantined.
 */
export function reidentifyResult(turnBack: TurnMessageBack): StepKind<ReidentifySettings> {
  return {
    kind: 'reidentify',
    settings,
    create(given) {
      const { channel, destination, senders } = given;
      const isResult = ({ sender }: Message): boolean => senders === undefined || senders.includes(sender);
      return {
        kind: 'reidentify',
        takes: ['dicom'],
        sentBy: { channel, destination },
        prepare: async (message) => (isResult(message) ? turnBack(message, given) : message),
        apply({ message }, output) {
          if (!isResult(message)) return;
          const { studyInstanceUid = '', sopInstanceUid = '' } = message.facts ?? {};
          // An archive that forwards what it receives sends it back: it must not reopen the study that it is about.
          output.states.push({ scope: ownObjectScope, key: String(sopInstanceUid), value: studyInstanceUid });
          output.report.reidentified = {
            sentBy: `${channel}/${destination}`,
            studyInstanceUid,
            sopInstanceUid,
          };
        },
      };
    },
  };
}
