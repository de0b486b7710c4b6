/** A place in the order of answers. */
export interface AnswerSlot {
  /** Gives the bytes of this place, empty for none; `flushed` is called when they are on their way. Once only. */
  fill(bytes: readonly Uint8Array[], flushed?: () => void): void;
}

interface Place {
  bytes: readonly Uint8Array[] | undefined;
  flushed: (() => void) | undefined;
}

/** Answers leave in the order in which their places were opened, whatever the order in which they become known. */
export class OrderedAnswers {
  readonly #places: Place[] = [];
  readonly #write: (bytes: Uint8Array) => void;

  constructor(write: (bytes: Uint8Array) => void) {
    this.#write = write;
  }

  get openCount(): number {
    return this.#places.length;
  }

  open(): AnswerSlot {
    const place: Place = { bytes: undefined, flushed: undefined };
    this.#places.push(place);
    return {
      fill: (bytes, flushed) => {
        place.bytes = bytes;
        place.flushed = flushed;
        this.#flush();
      },
    };
  }

  #flush(): void {
    while (this.#places[0]?.bytes !== undefined) {
      const { bytes, flushed } = this.#places.shift()!;
      for (const part of bytes!) this.#write(part);
      flushed?.();
    }
  }
}
