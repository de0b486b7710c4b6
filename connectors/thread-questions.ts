import { assert } from '../core/assert.ts';
import { refusedBy, type ThreadRefusal, threadRefusal } from './thread-refusal.ts';

/** What a thread may ask the engine while it works on a request, by name. Arguments and results are copied. */
export type Answers = Readonly<Record<string, (given: never) => Promise<unknown>>>;

/** Asks one of them; throws what it throws. */
export type Ask<Known extends Answers> = <Name extends keyof Known & string>(
  name: Name,
  given: Parameters<Known[Name]>[0],
) => ReturnType<Known[Name]>;

export interface ThreadQuestion {
  /** Of the request that is worked on. */
  readonly id: number;
  readonly question: number;
  readonly name: string;
  readonly given: unknown;
}

export type QuestionReply = { readonly question: number } & ({ readonly answer: unknown } | ThreadRefusal);

interface Waiting {
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** In the thread: what was asked and is not answered yet. */
export class AskedQuestions {
  readonly #post: (question: ThreadQuestion) => void;
  readonly #waiting = new Map<number, Waiting>();
  #last = 0;

  constructor(post: (question: ThreadQuestion) => void) {
    this.#post = post;
  }

  /** Asks about one request. */
  about<Known extends Answers>(id: number): Ask<Known> {
    const ask = (name: string, given: unknown): Promise<unknown> =>
      new Promise((resolve, reject) => {
        this.#last += 1;
        this.#waiting.set(this.#last, { resolve, reject });
        this.#post({ id, question: this.#last, name, given });
      });
    return ask as Ask<Known>;
  }

  hear(reply: QuestionReply): void {
    const waiting = this.#waiting.get(reply.question);
    this.#waiting.delete(reply.question);
    if ('answer' in reply) waiting?.resolve(reply.answer);
    else waiting?.reject(refusedBy(reply));
  }
}

/** In the engine: what it answers goes to `post`. Never rejects. */
export async function answerQuestion(
  { question, name, given }: ThreadQuestion,
  answers: Answers,
  post: (reply: QuestionReply) => void,
): Promise<void> {
  try {
    const answer = Object.hasOwn(answers, name) ? answers[name] : undefined;
    assert(answer !== undefined, 'a thread asks what it was told that it may ask');
    post({ question, answer: await answer(given as never) });
  } catch (error) {
    post({ question, ...threadRefusal(error) });
  }
}
