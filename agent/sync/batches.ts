/** Makes a batch of leased records; what can never be sent is named instead of sent. */
import { z } from 'zod';
import { channels } from '../../shared/contract/channels.ts';
import { encode } from '../../shared/contract/codec.ts';
import type { Batch } from '../../shared/contract/messages/batch.ts';
import { messageOf } from '../../shared/kit/errors.ts';
import type { Leased } from '../buffer/format.ts';

export interface BatchInput {
  readonly epoch: string;
  readonly base: number;
  /** The batch covers numbers from `from` to that of the last leased record. */
  readonly from: number;
  readonly leased: readonly Leased[];
  /** A record whose JSON is larger is not sent; default: what the channel takes. */
  readonly maxRecordBytes?: number;
}

export interface Unsendable {
  readonly seq: number;
  readonly reason: string;
}

export interface MadeBatch {
  readonly payload: Buffer;
  readonly from: number;
  readonly to: number;
  readonly records: number;
  readonly unsendable: readonly Unsendable[];
}

/** Room for the frame around the records. */
const FRAME_BYTES = 512;
const body = z.looseObject({});

/** @returns undefined when nothing was leased */
export function makeBatch(input: BatchInput): MadeBatch | undefined {
  const to = input.leased.at(-1)?.seq;
  if (to === undefined) return undefined;
  const maxRecordBytes = input.maxRecordBytes ?? channels.records.maxBytes - FRAME_BYTES;
  const records: Batch['records'] = [];
  const unsendable: Unsendable[] = [];
  for (const { seq, bytes, json } of input.leased) {
    if (bytes > maxRecordBytes) {
      unsendable.push({ seq, reason: `${bytes} bytes are more than the ${maxRecordBytes} that a batch can hold` });
      continue;
    }
    try {
      records.push({ ...body.parse(JSON.parse(json)), seq });
    } catch (error) {
      unsendable.push({ seq, reason: `it is not a JSON object any more: ${messageOf(error)}`.slice(0, 512) });
    }
  }
  // An empty batch is sent too: it tells that these numbers hold nothing.
  const batch: Batch = { epoch: input.epoch, from: input.from, to, base: input.base, records };
  return { payload: encode(batch), from: input.from, to, records: records.length, unsendable };
}
