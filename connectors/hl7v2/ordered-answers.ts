/** A place in the order of answers. */
export interface AnswerSlot {
  /** Gives the bytes of this place, undefined for none; `flushed` is called when they are on their way. Once only. */
  fill(bytes: Uint8Array | undefined, flushed?: () => void): void;
}

/** Answers leave in the order in which their places were opened, whatever the order in which they become known. */
export class OrderedAnswers {
  readonly #places: Place[] = [];
  readonly #write: (bytes: Uint8Array) => void;

  constructor(write: (bytes: Uint8Array) => void) {
    this.#write = write;
  }

  open(): AnswerSlot {
    const place = new Place(this);
    this.#places.push(place);
    return place;
  }

  /** For places. */
  flush(): void {
    while (this.#places[0]?.isFilled === true) {
      const { bytes, flushed } = this.#places.shift()!;
      if (bytes !== undefined) this.#write(bytes);
      flushed?.();
    }
  }
}

class Place implements AnswerSlot {
  bytes: Uint8Array | undefined;
  flushed: (() => void) | undefined;
  isFilled = false;
  readonly #answers: OrderedAnswers;

  constructor(answers: OrderedAnswers) {
    this.#answers = answers;
  }

  fill(bytes: Uint8Array | undefined, flushed?: () => void): void {
    this.bytes = bytes;
    this.flushed = flushed;
    this.isFilled = true;
    this.#answers.flush();
  }
}
