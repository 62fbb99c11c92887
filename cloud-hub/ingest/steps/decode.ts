/** Step 2: bytes to JSON. */
import { CodecError, decode as decodePayload } from '../../../shared/contract/codec.ts';
import type { Step } from '../step.ts';

/** Bound on the unpacked size of a message, in bytes: four times what the wire takes, against decompression bombs. */
export const MAX_UNPACKED_BYTES = 16 * 1024 * 1024;

export const decode: Step = {
  name: 'decode',
  phase: 'check',
  run(message) {
    if (message.rejected !== undefined || message.channel === 'presence') return;
    try {
      message.body = decodePayload(message.payload, MAX_UNPACKED_BYTES);
    } catch (error) {
      if (!(error instanceof CodecError)) throw error;
      message.rejected = error.message;
    }
  },
};
