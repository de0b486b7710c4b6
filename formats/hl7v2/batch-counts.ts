import type { Refusal } from '../../core/message.ts';

/** Compares what headers and trailers of a batch file promise with what came (BTS-1, FTS-1; HL7 v2.5.1 §2.15.2 to 2.15.5). */
export class BatchCounts {
  #isFileOpen = false;
  #isBatchOpen = false;
  #messages = 0;
  #batches = 0;
  #strayCount = 0;
  #strayName = '';

  begin(name: string): Refusal[] {
    if (name === 'MSH') this.#messages++;
    const issues: Refusal[] = [];
    if ((name === 'BHS' || name === 'FTS' || name === 'FHS') && this.#isBatchOpen)
      issues.push(this.#noTrailer('BTS'));
    if (name === 'FHS' && this.#isFileOpen) issues.push(this.#noTrailer('FTS'));
    if (name === 'FHS') {
      this.#isFileOpen = true;
      this.#batches = 0;
    }
    if (name === 'BHS' || name === 'FHS') this.#messages = 0;
    if (name === 'BHS') {
      this.#isBatchOpen = true;
      this.#batches++;
    }
    return issues;
  }

  trailer(name: 'BTS' | 'FTS', segment: Uint8Array): Refusal[] {
    const told = countOf(segment);
    const came = name === 'BTS' ? this.#messages : this.#batches;
    const isExpected = name === 'BTS' ? this.#isBatchOpen : this.#isFileOpen;
    if (name === 'BTS') {
      this.#isBatchOpen = false;
      this.#messages = 0;
    } else {
      this.#isFileOpen = false;
    }
    const issues: Refusal[] = [];
    if (!isExpected) issues.push(syntax(`${name} without its header`));
    if (told !== '' && (!/^\d{1,10}$/.test(told) || Number(told) !== came)) {
      const what = name === 'BTS' ? 'messages' : 'batches';
      issues.push({
        code: 'BH_HL7_BATCH_COUNT',
        detail: `${name}-1 does not say the ${came} ${what} that came`,
      });
    }
    return issues;
  }

  /** A line outside of every message. */
  stray(name: Uint8Array): void {
    const text = Buffer.from(name)
      .toString('latin1')
      .replace(/[^A-Za-z0-9]/g, '');
    if (text === '') return;
    if (this.#strayCount === 0) this.#strayName = text;
    this.#strayCount++;
  }

  end(): Refusal[] {
    const issues: Refusal[] = [];
    if (this.#isBatchOpen) issues.push(this.#noTrailer('BTS'));
    if (this.#isFileOpen) issues.push(this.#noTrailer('FTS'));
    if (this.#strayCount > 0) {
      issues.push(syntax(`${this.#strayCount} lines outside of a message, the first: ${this.#strayName}`));
    }
    return issues;
  }

  #noTrailer(name: 'BTS' | 'FTS'): Refusal {
    if (name === 'BTS') this.#isBatchOpen = false;
    else this.#isFileOpen = false;
    return syntax(`${name} is missing`);
  }
}

const syntax = (detail: string): Refusal => ({ code: 'BH_HL7_BATCH_SYNTAX', detail });

/** BTS-1 or FTS-1; the trailer's own fourth character separates. */
function countOf(segment: Uint8Array): string {
  const text = Buffer.from(segment.subarray(0, 256)).toString('latin1');
  return (text.slice(4).split(text.charAt(3) || '|')[0] ?? '').trim();
}
