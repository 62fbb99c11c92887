/** Step 5, inside the transaction: records, pictures, quarantine, ledger, and what the device said about itself. */
import { digestOf } from '../../../shared/kit/digest.ts';
import { union } from '../../../shared/kit/ranges.ts';
import type { Refused } from '../../store/quarantine.ts';
import type { Gap } from '../../store/sequences.ts';
import { settle, settleNumbers } from '../ledger.ts';
import type { BatchContent, GoodRecord, LedgerView, Message } from '../message.ts';
import { earlierNames } from '../origins.ts';
import { dayOf } from '../quota.ts';
import type { Step, StepTools } from '../step.ts';
import { MAX_OPEN_RANGES } from './dedupe.ts';

export const write: Step = {
  name: 'write',
  phase: 'commit',
  run(message, tools) {
    // A rolled-back attempt may have filled these.
    message.stored = [];
    message.quarantined = [];
    message.evicted = 0;
    const { content, device, receivedAt } = message;
    if (message.rejected !== undefined) quarantineWhole(message, message.rejected, tools);
    const contact = content ? contactIn(content) : {};
    tools.store.devices.noteContact(device, contact, receivedAt);
    if (content?.kind !== 'batch' || !message.view) return;
    const { accepted, isPauseNew, pausedUntil } = message.view;
    if (isPauseNew && pausedUntil !== undefined) tools.store.devices.pause(device, pausedUntil);
    if (accepted) storeBatch(message, content, message.view, tools);
  },
};

function contactIn(content: NonNullable<Message['content']>) {
  if (content.kind === 'status') return { online: content.status.online, version: content.status.version };
  if (content.kind === 'report') return { version: content.report.version, report: content.report };
  return content.kind === 'presence' ? { online: content.online } : {};
}

function storeBatch(message: Message, content: BatchContent, view: LedgerView, tools: StepTools): void {
  const { device, receivedAt } = message;
  const { epoch, arrival } = content;
  const { devices, sequences, records } = tools.store;
  let bytes = 0;
  for (const { seq, record, body, picture } of view.fresh) {
    const backfill = seq < view.newest;
    const stored = records.add({ device, epoch, seq, receivedAt, backfill, record, body, picture });
    if (!stored) continue;
    message.stored.push(stored);
    bytes += body.length + (picture?.length ?? 0);
  }
  if (message.stored.length > 0)
    devices.used(device, { day: dayOf(receivedAt), records: message.stored.length, bytes });
  settleOrigins(message, content, tools);
  if (content.refusedWhole !== undefined) quarantineWhole(message, content.refusedWhole, tools);
  for (const bad of view.freshBad) {
    quarantine(message, tools, { reason: bad.reason, payload: bad.text, from: bad.seq, to: bad.seq, epoch });
  }

  const { restored } = tools.store.restores;
  if (restored)
    sequences.explainRestore(
      device,
      epoch,
      view.ledger.upTo,
      Math.max(content.given, arrival.base - 1),
      restored.reason,
    );
  for (const loss of lossesOf(epoch, view.fresh)) sequences.addLoss(device, epoch, loss);
  const after = settle(view.ledger, view.gaps, arrival);
  sequences.write(device, epoch, view.ledger, after.ledger, message.stored.length, receivedAt);
  if (view.line) sequences.setLine(device, epoch, view.line);
  sequences.replaceGaps(device, epoch, view.gaps, after.gaps);
}

/** The records are here under new names: under their old ones they shall not come in again. */
function settleOrigins(
  { device, stored, receivedAt }: Message,
  { lineage }: BatchContent,
  { store: { sequences } }: StepTools,
): void {
  for (const [epoch, numbers] of earlierNames(stored, lineage.earlier)) {
    const beside = union(numbers.map(({ from, to }) => ({ from: Math.max(1, from - 1), to: to + 1 })));
    const ledger = sequences.read(device, epoch, beside);
    const gaps = sequences.gapsIn(device, epoch, numbers);
    const room = Math.max(0, MAX_OPEN_RANGES - sequences.openRanges(device, epoch));
    const after = settleNumbers(ledger, gaps, numbers, room);
    sequences.write(device, epoch, ledger, after.ledger, 0, receivedAt);
    sequences.replaceGaps(device, epoch, gaps, after.gaps);
  }
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
