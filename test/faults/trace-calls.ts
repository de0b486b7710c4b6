/** One system call of a traced process, as `strace -f -y` tells it. */
export interface TracedCall {
  readonly name: string;
  /** Everything between the parentheses, strings as strace quotes them. */
  readonly text: string;
  /** Path or kind of the first argument when it is a descriptor (`-y`), else ''. */
  readonly file: string;
}

export interface CallListener {
  /** Before the kernel acts on it: all that is certain of a call that has not returned. */
  begin(call: TracedCall): void;
  /** After it returned; `result` is negative when it failed. */
  end(call: TracedCall, result: number): void;
}

const whole = /^(?<pid>\d+) +(?<name>\w+)\((?<text>.*)\) += (?<result>-?\d+|\?)/;
const unfinished = /^(?<pid>\d+) +(?<name>\w+)\((?<text>.*) <unfinished \.\.\.>$/;
const resumed = /^(?<pid>\d+) +<\.\.\. \w+ resumed>.*\) += (?<result>-?\d+|\?)/;
const descriptor = /^\d+<(?<file>[^>]*)>/;

/**
 * Joins the lines of a trace into calls. A call of one thread that another one interrupts comes in two lines, `<unfinished ...>` and
 * `resumed`; what lies between happened while it was under way.
 */
export class TraceCalls {
  readonly #listeners: readonly CallListener[];
  readonly #open = new Map<string, TracedCall>();

  constructor(listeners: readonly CallListener[]) {
    this.#listeners = listeners;
  }

  line(line: string): void {
    const parts = (whole.exec(line) ?? unfinished.exec(line))?.groups;
    if (parts) {
      const call = callOf(parts.name ?? '', parts.text ?? '');
      for (const listener of this.#listeners) listener.begin(call);
      if (parts.result === undefined) this.#open.set(parts.pid ?? '', call);
      else this.#end(call, parts.result);
      return;
    }
    const back = resumed.exec(line)?.groups;
    const call = this.#open.get(back?.pid ?? '');
    if (!back || !call) return;
    this.#open.delete(back.pid ?? '');
    this.#end(call, back.result ?? '?');
  }

  #end(call: TracedCall, result: string): void {
    for (const listener of this.#listeners) listener.end(call, resultOf(result));
  }
}

function callOf(name: string, text: string): TracedCall {
  return { name, text, file: descriptor.exec(text)?.groups?.file ?? '' };
}

/** `?`: the process ended within the call; nothing is known of it, so it counts as failed. */
function resultOf(text: string): number {
  return text === '?' ? -1 : Number(text);
}
