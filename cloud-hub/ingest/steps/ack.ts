/** Step 6, after the commit: tell the device what it may forget, and what was refused. */
import { channels } from '../../../shared/contract/channels.ts';
import { encode } from '../../../shared/contract/codec.ts';
import { type Ack, MAX_ACK_RANGES, type Refusal } from '../../../shared/contract/messages/batch.ts';
import type { BadRecord, BatchContent } from '../message.ts';
import type { Step } from '../step.ts';

export const ack: Step = {
  name: 'ack',
  phase: 'after',
  run(message, { store, send, metrics }) {
    const { content, device, view } = message;
    if (content?.kind !== 'batch' || !view?.accepted) return;
    // Read again: a later batch of the same group may have filled a hole.
    const { upTo, above } = store.sequences.read(device, content.epoch);
    const about = { epoch: content.epoch, upTo, ranges: above.slice(-MAX_ACK_RANGES), at: message.receivedAt };
    send(device, 'ack', encodeAck(about, refusalsOf(content)));
    metrics.acks.inc();
  },
};

/** All that is bad in the batch, also what an earlier copy of it brought: the answer to that one may have been lost. */
export function refusalsOf(content: BatchContent): Refusal[] {
  const { from, to } = content.arrival;
  if (content.refusedWhole !== undefined) return [{ from, to, reason: content.refusedWhole }];
  return merge(content.bad);
}

function merge(bad: readonly BadRecord[]): Refusal[] {
  const merged: { from: number; to: number; reason: string }[] = [];
  for (const { seq, reason } of bad) {
    const last = merged.at(-1);
    // The index of the record stands in the reason; what is the same besides is one complaint.
    if (last && last.to + 1 === seq && withoutIndex(last.reason) === withoutIndex(reason)) last.to = seq;
    else merged.push({ from: seq, to: seq, reason });
  }
  return merged;
}

function withoutIndex(reason: string): string {
  return reason.replace(/^records\[\d+\]/, '');
}

/** Encodes an ack within the channel's bound: when the reasons do not fit, the quarantine has them. */
export function encodeAck(about: Pick<Ack, 'epoch' | 'upTo' | 'ranges' | 'at'>, refused: readonly Refusal[]): Buffer {
  const message: Ack = { ...about, ...(refused.length > 0 ? { refused: [...refused] } : {}) };
  const full = encode(message);
  if (full.length <= channels.ack.maxBytes) return full;
  return encode({ ...message, refused: refused.map((r) => ({ ...r, reason: "see the hub's quarantine" })) });
}
