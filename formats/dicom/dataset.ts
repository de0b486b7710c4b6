import { type CharacterSet, characterSet, defaultCharacterSet } from './character-set.ts';
import type { DicomElement } from './element.ts';
import { readNumbers } from './number-values.ts';
import { tags } from './tags.ts';
import { readTexts } from './text-values.ts';

/** A data set or an item of a sequence. Values are decoded on read; what is absent, empty or unreadable is undefined or []. */
export class DicomDataset {
  /** As declared; for an item that of the whole object. */
  readonly transferSyntaxUid: string;
  readonly isBigEndian: boolean;
  /** Group 0002; undefined in items and where the object has none. */
  readonly meta: DicomDataset | undefined;
  readonly #parent: DicomDataset | undefined;
  readonly #elements = new Map<number, DicomElement>();
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

  /** For the reader: adds an element; one that repeats a tag takes the first one's place. */
  add(element: DicomElement): void {
    this.#elements.set(element.tag, element);
  }

  /** An item of a sequence. */
  get isItem(): boolean {
    return this.#parent !== undefined;
  }

  /** In the order of the object. */
  get elements(): IterableIterator<DicomElement> {
    return this.#elements.values();
  }

  get(tag: number): DicomElement | undefined {
    return this.#elements.get(tag) ?? (tag >>> 16 === 2 ? this.meta?.get(tag) : undefined);
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
    const own = this.number(tags.pixelRepresentation);
    return own === undefined ? (this.#parent?.hasSignedPixels ?? false) : own === 1;
  }

  /** (0008,0005) of this data set or, where it has none, of the one that holds it (PS3.5 6.1.2.3). */
  get characterSet(): CharacterSet {
    this.#characterSet ??= this.#elements.has(tags.specificCharacterSet)
      ? characterSet(this.texts(tags.specificCharacterSet))
      : (this.#parent?.characterSet ?? defaultCharacterSet);
    return this.#characterSet;
  }
}
