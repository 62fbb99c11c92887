/** Step 6, after the commit: tell the device what it may forget, and what was refused. */
import { channels } from '../../../shared/contract/channels.ts';
import { encode } from '../../../shared/contract/codec.ts';
import { type Ack, MAX_ACK_RANGES, type Refusal, type Unread } from '../../../shared/contract/messages/batch.ts';
import { digestOf } from '../../../shared/kit/digest.ts';
import type { BatchContent, Message } from '../message.ts';
import type { AfterStep } from '../step.ts';

/** Of a batch that cannot be read; the quarantine has it whole. */
const MAX_REASON = 300;

export const ack: AfterStep = {
  name: 'ack',
  phase: 'after',
  async run(message, { store, send, metrics }) {
    const { content, device, view, open } = message;
    if (message.rejected !== undefined && message.channel === 'records') send(device, 'ack', encodeUnread(message));
    if (content?.kind !== 'batch') return;
    const isOver = open?.dropped;
    if (open && !view?.accepted) open.dropped = true;
    // An earlier part of the same transaction has answered, or nothing is answered.
    if (isOver) return;
    const refused = refusalsOf(content);
    if (!content.last) open?.refused.push(...refused);
    if (!view) return;
    const { forkedAt } = view;
    // Another copy has to know, by whichever part it was found: no other part follows, and it begins a new epoch.
    if (forkedAt === undefined && (!content.last || !view.accepted || open?.dropped)) return;
    // Read again: a later batch of the same group may have filled a hole.
    const { upTo, above } = await store.sequences.highest(device, content.epoch, MAX_ACK_RANGES);
    const start = content.lineage.starts.at(-1)?.id;
    const about = {
      epoch: content.epoch,
      upTo,
      ranges: [...above],
      at: message.receivedAt,
      ...(start === undefined ? {} : { start }),
      ...(forkedAt === undefined ? {} : { forkedAt }),
    };
    send(
      device,
      'ack',
      encodeAck(
        about,
        forkedAt === undefined ? merged([...(open?.refused ?? []), ...(message.refusedTogether ?? refused)]) : [],
      ),
    );
    metrics.acks.inc();
  },
};

/**
 * For the messages of one transaction: an acknowledgement may settle numbers that another one of them has refused, and the device
 * deletes what is settled and not named as refused. So each names all of them.
 */
export function shareRefusals(group: readonly Message[]): void {
  const byEpoch = new Map<string, Refusal[]>();
  for (const message of group) {
    const { content, device } = message;
    if (content?.kind !== 'batch') continue;
    const key = `${device} ${content.epoch}`;
    const together = byEpoch.get(key) ?? [];
    byEpoch.set(key, together);
    if (message.view?.accepted) together.push(...refusalsOf(content));
    message.refusedTogether = together;
  }
}

/** All that is bad in a part, also what an earlier copy of it brought: the answer to that one may have been lost. */
function refusalsOf(content: BatchContent): Refusal[] {
  const { from, to } = content.arrival;
  if (content.refusedWhole !== undefined) return [{ from, to, reason: content.refusedWhole }];
  return content.bad.map(({ seq, reason }) => ({ from: seq, to: seq, reason }));
}

function merged(refusals: readonly Refusal[]): Refusal[] {
  const joined: { from: number; to: number; reason: string }[] = [];
  for (const { from, to, reason } of refusals.toSorted((a, b) => a.from - b.from)) {
    const last = joined.at(-1);
    if (last && from <= last.to) continue;
    // The index of the record stands in the reason; what is the same besides is one complaint.
    if (last && last.to + 1 === from && withoutIndex(last.reason) === withoutIndex(reason)) last.to = to;
    else joined.push({ from, to, reason });
  }
  return joined;
}

function withoutIndex(reason: string): string {
  return reason.replace(/^records\[\d+\]/, '');
}

/** Nobody knows whose numbers were meant: the device knows its batch by the digest of what came. */
function encodeUnread({ payload, rejected = '' }: Message): Buffer {
  const answer: Unread = { digest: digestOf(payload), reason: rejected.slice(0, MAX_REASON) };
  return encode({ unread: answer });
}

/** Encodes an ack within the channel's bound: when the reasons do not fit, the quarantine has them. */
export function encodeAck(
  about: Pick<Ack, 'epoch' | 'upTo' | 'ranges' | 'at' | 'start' | 'forkedAt'>,
  refused: readonly Refusal[],
): Buffer {
  const message: Ack = { ...about, ...(refused.length > 0 ? { refused: [...refused] } : {}) };
  const full = encode(message);
  if (full.length <= channels.ack.maxBytes) return full;
  return encode({ ...message, refused: refused.map((r) => ({ ...r, reason: "see the hub's quarantine" })) });
}
