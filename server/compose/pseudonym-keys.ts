import type { Pseudonyms } from '../../mappings/deidentify/index.ts';

interface Place {
  readonly channel: string;
  /** Of the destination. */
  readonly name: string;
}

const nameOf = ({ channel, name }: Place): string => `${channel}/${name}`;

/**
 * What the destinations that de-identify make their pseudonyms by. A key itself stays with them: who asks gets the functions, in this process. A destination
 * whose key was changed while deliveries of before are open has two.
 */
export class PseudonymKeys {
  readonly #known = new Map<string, Pseudonyms[]>();

  add(place: Place, pseudonyms: Pseudonyms): void {
    const known = this.of(place);
    // A destination that is opened again, for a newer version of its channel, has the same key mostly.
    if (known.some((one) => one.patient('') === pseudonyms.patient(''))) return;
    this.#known.set(nameOf(place), [...known, pseudonyms]);
  }

  of(place: Place): readonly Pseudonyms[] {
    return this.#known.get(nameOf(place)) ?? [];
  }
}
