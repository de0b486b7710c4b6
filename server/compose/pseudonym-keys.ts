interface Place {
  readonly channel: string;
  /** Of the destination. */
  readonly name: string;
}

const nameOf = ({ channel, name }: Place): string => `${channel}/${name}`;

/**
 * What the destinations that de-identify make their pseudonyms by, for what comes back. It leaves this process nowhere. A destination whose key was
 * changed while deliveries of before are open has two.
 */
export class PseudonymKeys {
  readonly #known = new Map<string, string[]>();

  add(place: Place, secret: string): void {
    const known = this.of(place);
    // A destination that is opened again, for a newer version of its channel, has the same key mostly.
    if (!known.includes(secret)) this.#known.set(nameOf(place), [...known, secret]);
  }

  of(place: Place): readonly string[] {
    return this.#known.get(nameOf(place)) ?? [];
  }
}
