import { noticeArrival } from '../../connectors/dicom-objects/notice-arrival.ts';
import { BitHiveError } from '../../core/errors.ts';
import type { MessageId } from '../../core/ids.ts';
import type { JsonObject } from '../../core/json.ts';
import type { Arrival } from '../../core/message.ts';
import type { Blobs, Store } from '../../core/ports/index.ts';
import type { StudyNotice } from '../../core/study-query.ts';
import { parseHeld } from '../../pipelines/study/held-reports.ts';
import { heldScope } from '../../pipelines/study/scopes.ts';
import { parseStudyState } from '../../pipelines/study/stored.ts';
import { channelsOfStudy, heldStudies, type StudyView, studyView } from './study-view.ts';

export interface StudyServiceOptions {
  readonly store: Store;
  readonly blobs: Pick<Blobs, 'put'>;
  /** Names of the running channels. */
  readonly channels: () => readonly string[];
  readonly accept: (channel: string, arrival: Arrival) => Promise<MessageId>;
}

/** An operator's word on a study, as it is taken. */
export interface StudyWordTaken {
  readonly channel: string;
  /** The message that carries it: what became of it stands in its report. */
  readonly message: MessageId;
}

/** What operators ask of a study and say about it. A word is a message of the study's channel: durable, in its order, with a report. */
export class StudyService {
  readonly #options: StudyServiceOptions;

  constructor(options: StudyServiceOptions) {
    this.#options = options;
  }

  /** @throws BH_STORE_NOT_FOUND */
  async view(uid: string): Promise<StudyView> {
    const view = await studyView(this.#options.store, uid);
    if (view.channels.length > 0) return view;
    throw new BitHiveError('BH_STORE_NOT_FOUND', 'no channel has a study of this UID');
  }

  held(): Promise<readonly JsonObject[]> {
    return heldStudies(this.#options.store, this.#options.channels());
  }

  /**
   * Judges an open study complete.
   *
   * @throws BH_HTTP_CONFLICT when it is not open, BH_STORE_NOT_FOUND
   */
  async complete(uid: string, by: string, channel?: string): Promise<StudyWordTaken> {
    const isOpen = async (name: string): Promise<boolean> => {
      const [state] = await this.#options.store.readStates([{ scope: name, key: uid, withItems: false }]);
      return parseStudyState(state?.value)?.status === 'open';
    };
    const where = await this.#channelOf(uid, channel, isOpen, 'the study is not open');
    return this.#say(where, { notice: 'manual', studyInstanceUid: uid, by });
  }

  /**
   * Decides on the reports of a study that are held.
   *
   * @throws BH_HTTP_CONFLICT when none is, BH_STORE_NOT_FOUND
   */
  async decide(
    uid: string,
    decision: Omit<StudyNotice & { readonly notice: 'decision' }, 'notice' | 'studyInstanceUid'>,
    channel?: string,
  ): Promise<StudyWordTaken> {
    const isHeld = async (name: string): Promise<boolean> => {
      const scope = heldScope(name);
      const [state] = await this.#options.store.readStates([{ scope, key: uid, withItems: false }]);
      return (parseHeld(state?.value)?.models.length ?? 0) > 0;
    };
    const where = await this.#channelOf(uid, channel, isHeld, 'no report of this study is held');
    return this.#say(where, { notice: 'decision', studyInstanceUid: uid, ...decision });
  }

  async #channelOf(
    uid: string,
    asked: string | undefined,
    fits: (channel: string) => Promise<boolean>,
    otherwise: string,
  ): Promise<string> {
    const known = await channelsOfStudy(this.#options.store, uid);
    const running = known.filter((name) => this.#options.channels().includes(name));
    const candidates = asked === undefined ? running : running.filter((name) => name === asked);
    if (candidates.length === 0)
      throw new BitHiveError('BH_STORE_NOT_FOUND', 'no running channel has a study of this UID');
    for (const name of candidates) if (await fits(name)) return name;
    throw new BitHiveError('BH_HTTP_CONFLICT', otherwise);
  }

  async #say(channel: string, notice: StudyNotice & { readonly by: string }): Promise<StudyWordTaken> {
    const arrival = await noticeArrival(notice, { sender: notice.by, blobs: this.#options.blobs });
    return { channel, message: await this.#options.accept(channel, arrival) };
  }
}
