/** Step 2: bytes to JSON. Of a batch only the frame is parsed: its records are text until their part comes. */
import { CodecError, parseJson, unpack } from '../../../shared/contract/codec.ts';
import { NotJsonText } from '../../../shared/contract/json-text.ts';
import { MAX_BATCH_BYTES } from '../../../shared/contract/messages/batch.ts';
import { MAX_REPORT_BYTES, REPORT_SHAPE } from '../../../shared/contract/messages/report.ts';
import { openBatch } from '../open-batch.ts';
import type { CheckStep } from '../step.ts';

/** Bounds on an unpacked message, against decompression bombs. */
export const unpacked = {
  records: { maxBytes: MAX_BATCH_BYTES },
  report: { maxBytes: MAX_REPORT_BYTES, ...REPORT_SHAPE },
  status: { maxBytes: 64 * 1024, maxDepth: 8, maxValues: 1000 },
} as const;

export const decode: CheckStep = {
  name: 'decode',
  phase: 'check',
  run(message) {
    const { channel, payload } = message;
    if (channel === 'presence' || message.open) return;
    const { maxBytes } = unpacked[channel];
    // What cannot be unpacked was unpacked up to the bound.
    message.unpackedBytes = maxBytes;
    try {
      if (message.rejected !== undefined) throw new CodecError(message.rejected);
      const text = unpack(payload, maxBytes);
      message.unpackedBytes = text.length;
      if (channel === 'records') message.open = openBatch(text);
      else message.body = parseJson(text, unpacked[channel]);
    } catch (error) {
      if (!(error instanceof CodecError || error instanceof NotJsonText)) throw error;
      message.rejected = error.message;
    }
  },
};
