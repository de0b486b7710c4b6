import type { Refusal } from '../../core/message.ts';
import type { FrameEvent } from './framer.ts';

export type FrameFault = Exclude<FrameEvent['kind'], 'frame'> | 'too-slow' | 'hung-up' | 'no-memory';

/** Why a frame is kept in quarantine, or turned away, for its framing alone. */
export const frameFaults: Readonly<Record<FrameFault, Refusal>> = {
  cut: { code: 'BH_HL7_FRAME_BROKEN', detail: 'another frame began before this one ended' },
  broken: { code: 'BH_HL7_FRAME_BROKEN', detail: 'the end block is not followed by CR' },
  'too-large': { code: 'BH_HL7_TOO_LARGE', detail: 'the message is over the size limit' },
  'too-slow': { code: 'BH_HL7_TIMEOUT', detail: 'the frame was not finished in time' },
  'no-memory': {
    code: 'BH_HL7_BUSY',
    detail: 'too many large messages come at once, and this one comes too slowly',
  },
  'hung-up': { code: 'BH_HL7_FRAME_BROKEN', detail: 'the connection ended within the frame' },
};
