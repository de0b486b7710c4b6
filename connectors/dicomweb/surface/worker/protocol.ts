/** What the thread is asked for: one frame of an object, counted from 0, out of the file of its blob. */
export interface FrameRequest {
  readonly path: string;
  readonly bytesCount: number;
  readonly frame: number;
  /** `encoded`: as stored; `native`: little endian samples; `png`: as a viewer would show it, at most so many pixels wide and high. */
  readonly form: 'encoded' | 'native' | { readonly png: number };
}
