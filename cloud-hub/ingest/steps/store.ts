/** Step 5, inside the transaction: records, pictures, quarantine, ledger, and what the device said about itself. */
import type { Origin } from '../../../shared/contract/messages/record.ts';
import { digestOf } from '../../../shared/kit/digest.ts';
import type { Refused } from '../../store/quarantine.ts';
import type { Gap } from '../../store/sequences.ts';
import { refine, settle, touched } from '../ledger.ts';
import type { BatchContent, GoodRecord, LedgerView, Message } from '../message.ts';
import type { Step, StepTools } from '../step.ts';

export const store: Step = {
  name: 'store',
  phase: 'commit',
  run(message, tools) {
    // A rolled-back attempt may have filled these.
    message.stored = [];
    message.quarantined = [];
    message.evicted = 0;
    const { content, device, receivedAt } = message;
    if (message.rejected !== undefined) quarantineWhole(message, message.rejected, tools);
    const heard = content ? heardIn(content) : {};
    tools.store.devices.heard(device, heard, receivedAt);
    if (content?.kind === 'batch' && message.view?.accepted) storeBatch(message, content, message.view, tools);
  },
};

function heardIn(content: NonNullable<Message['content']>) {
  if (content.kind === 'status') return { online: content.status.online, version: content.status.version };
  if (content.kind === 'report') return { version: content.report.version, report: content.report };
  return content.kind === 'presence' ? { online: content.online } : {};
}

function storeBatch(message: Message, content: BatchContent, view: LedgerView, tools: StepTools): void {
  const { device, receivedAt } = message;
  const { epoch, arrival } = content;
  const { sequences, records } = tools.store;
  for (const { seq, record, body, picture } of view.fresh) {
    const backfill = seq < view.newest;
    const stored = records.add({ device, epoch, seq, receivedAt, backfill, record, body, picture });
    if (!stored) continue;
    message.stored.push(stored);
    for (const name of record.origin ?? []) settleOrigin(device, name, receivedAt, tools);
  }
  if (content.refusedWhole !== undefined) quarantineWhole(message, content.refusedWhole, tools);
  for (const bad of view.freshBad) {
    const payload = Buffer.from(bad.text);
    quarantine(message, tools, { reason: bad.reason, payload, from: bad.seq, to: bad.seq, epoch });
  }

  const range = touched(view.ledger, arrival);
  const newLosses = lossesOf(epoch, view.fresh);
  for (const loss of newLosses) sequences.addLoss(device, epoch, loss);
  const after = settle(view.ledger, view.gaps, sequences.lossesIn(device, epoch, range), arrival);
  sequences.write(device, epoch, view.ledger, after.ledger, message.stored.length, receivedAt);
  sequences.replaceGaps(device, epoch, view.gaps, after.gaps);
  for (const loss of newLosses) {
    const gaps = sequences.gapsIn(device, epoch, loss);
    sequences.replaceGaps(device, epoch, gaps, refine(gaps, [loss]));
  }
}

/** The record is here under a new name: under its old one it shall not come in again. */
function settleOrigin(device: string, { epoch, seq }: Origin[number], receivedAt: number, tools: StepTools): void {
  const { sequences } = tools.store;
  const ledger = sequences.read(device, epoch);
  const arrival = { from: seq, to: seq, base: 1, answered: [{ from: seq, to: seq }] };
  const gaps = sequences.gapsIn(device, epoch, touched(ledger, arrival));
  const after = settle(ledger, gaps, [], arrival);
  sequences.write(device, epoch, ledger, after.ledger, 0, receivedAt);
  sequences.replaceGaps(device, epoch, gaps, after.gaps);
}

/** What the loss records among these say about numbers of this epoch. */
function lossesOf(epoch: string, records: readonly GoodRecord[]): Gap[] {
  return records.flatMap(({ record }) =>
    record.kind === 'loss' && record.epoch === epoch && record.from > 0 && record.to >= record.from
      ? [{ from: record.from, to: record.to, reason: record.reason }]
      : [],
  );
}

function quarantineWhole(message: Message, reason: string, tools: StepTools): void {
  const { content, payload } = message;
  const range = content?.kind === 'batch' ? { epoch: content.epoch, ...rangeOf(content) } : {};
  quarantine(message, tools, { reason: `up/${message.channel}: ${reason}`, payload, ...range });
}

function rangeOf({ arrival }: BatchContent): { from: number; to: number } {
  return { from: arrival.from, to: arrival.to };
}

function quarantine(
  message: Message,
  tools: StepTools,
  what: Pick<Refused, 'reason' | 'payload' | 'epoch' | 'from' | 'to'>,
): void {
  const { device, receivedAt } = message;
  const hash = digestOf(what.payload);
  const digest = what.epoch === undefined ? hash : `${what.epoch}:${what.from}:${hash}`;
  const refused: Refused = { device, receivedAt, bytes: what.payload.length, digest, ...what };
  const { added, evicted } = tools.store.quarantine.add(refused);
  if (added) message.quarantined.push(refused);
  message.evicted += evicted;
}
