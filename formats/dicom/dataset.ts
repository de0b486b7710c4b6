import { BitHiveError } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import { type CharacterSet, characterSet, defaultCharacterSet } from './character-set.ts';
import type { DicomElement } from './element.ts';
import { readNumbers } from './number-values.ts';
import { tags } from './tags.ts';
import { readTexts } from './text-values.ts';

/** Of every data set that is empty yet; never written to. */
const none: DicomElement[] = [];

/** A data set or an item of a sequence. Values are decoded on read; what is absent, empty or unreadable is undefined or []. */
export class DicomDataset {
  /** As declared; for an item that of the whole object. */
  readonly transferSyntaxUid: string;
  readonly isBigEndian: boolean;
  /** Group 0002; undefined in items and where the object has none. */
  readonly meta: DicomDataset | undefined;
  readonly #parent: DicomDataset | undefined;
  /** In the order of their tags, as the standard demands: found by halving. A map for each of a million items would cost a second. */
  #sorted: DicomElement[] = none;
  /** In place of it once a tag was not greater than the one before. */
  #unsorted: Map<number, DicomElement> | undefined = undefined;
  #characterSet: CharacterSet | undefined = undefined;

  constructor(
    transferSyntaxUid: string,
    isBigEndian: boolean,
    parent: DicomDataset | undefined,
    meta: DicomDataset | undefined,
  ) {
    this.transferSyntaxUid = transferSyntaxUid;
    this.isBigEndian = isBigEndian;
    this.#parent = parent;
    this.meta = meta;
  }

  /**
   * For the reader: adds an element; one that repeats a tag takes the first one's place. Throws BH_DICOM_LIMIT when there are more than
   * `limits.dicomUnsortedElementsMax` and their order is not that of their tags.
   */
  add(element: DicomElement): void {
    const last = this.#sorted.at(-1);
    if (this.#unsorted === undefined) {
      if (last === undefined) this.#sorted = [element];
      else if (element.tag > last.tag) this.#sorted.push(element);
      else this.#unsorted = this.#inMap();
    }
    if (this.#unsorted === undefined) return;
    this.#unsorted.set(element.tag, element);
    if (this.#unsorted.size > limits.dicomUnsortedElementsMax) throw unsortedError(this.#unsorted.size);
  }

  #inMap(): Map<number, DicomElement> {
    const { length } = this.#sorted;
    if (length > limits.dicomUnsortedElementsMax) throw unsortedError(length);
    return new Map(this.#sorted.map((known) => [known.tag, known]));
  }

  /** An item of a sequence. */
  get isItem(): boolean {
    return this.#parent !== undefined;
  }

  /** In the order of the object. */
  get elements(): IterableIterator<DicomElement> {
    return (this.#unsorted ?? this.#sorted).values();
  }

  get(tag: number): DicomElement | undefined {
    return this.#find(tag) ?? (tag >>> 16 === 2 ? this.meta?.get(tag) : undefined);
  }

  #find(tag: number): DicomElement | undefined {
    if (this.#unsorted) return this.#unsorted.get(tag);
    let [low, high] = [0, this.#sorted.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#sorted[middle]!.tag < tag) low = middle + 1;
      else high = middle;
    }
    const found = this.#sorted[low];
    return found?.tag === tag ? found : undefined;
  }

  /** The first value as trimmed text; numbers are printed. */
  text(tag: number): string | undefined {
    return this.texts(tag)[0] || undefined;
  }

  /** All values as trimmed text, empty ones in place so that positions hold. */
  texts(tag: number): readonly string[] {
    const element = this.get(tag);
    if (element === undefined || !element.isLoaded) return [];
    return readTexts(element, this);
  }

  number(tag: number): number | undefined {
    return this.numbers(tag)[0];
  }

  /** All values as finite numbers; [] when one of them is not. 64-bit integers lose precision beyond 2^53. */
  numbers(tag: number): readonly number[] {
    const element = this.get(tag);
    if (element === undefined || !element.isLoaded) return [];
    return readNumbers(element, this.isBigEndian);
  }

  sequence(tag: number): readonly DicomDataset[] {
    return this.get(tag)?.items ?? [];
  }

  /** (0028,0103) of this data set or of the one that holds it: what "US or SS" means here. */
  get hasSignedPixels(): boolean {
    const element = this.#find(tags.pixelRepresentation);
    // It is asked for each element that depends on it: a value of a megabyte is none.
    const own = element !== undefined && element.length <= 16 ? this.number(element.tag) : undefined;
    return own === undefined ? (this.#parent?.hasSignedPixels ?? false) : own === 1;
  }

  /** (0008,0005) of this data set or, where it has none, of the one that holds it (PS3.5 6.1.2.3). */
  get characterSet(): CharacterSet {
    this.#characterSet ??=
      this.#find(tags.specificCharacterSet) !== undefined
        ? characterSet(this.texts(tags.specificCharacterSet))
        : (this.#parent?.characterSet ?? defaultCharacterSet);
    return this.#characterSet;
  }
}

const unsortedError = (count: number): BitHiveError =>
  new BitHiveError('BH_DICOM_LIMIT', `${count} elements that are not in the order of their tags`);
