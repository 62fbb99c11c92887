/** Step 5, inside the transaction: records, pictures, quarantine, ledger, and what the device said about itself. */
import { digestOf } from '../../../shared/kit/digest.ts';
import { union } from '../../../shared/kit/ranges.ts';
import type { Refused } from '../../store/quarantine.ts';
import type { Gap } from '../../store/sequences.ts';
import { settle, settleNumbers } from '../ledger.ts';
import type { BatchContent, GoodRecord, LedgerView, Message } from '../message.ts';
import { earlierNames } from '../origins.ts';
import { dayOf } from '../quota.ts';
import type { CommitStep, CommitTools } from '../step.ts';
import { MAX_OPEN_RANGES } from './dedupe.ts';

export const write: CommitStep = {
  name: 'write',
  phase: 'commit',
  async run(message, tools) {
    // A rolled-back attempt may have filled these.
    message.stored = [];
    message.quarantined = [];
    message.evicted = 0;
    const { content, device, receivedAt } = message;
    if (message.rejected !== undefined) await quarantineWhole(message, message.rejected, tools);
    const contact = content ? contactIn(content) : {};
    await tools.store.devices.noteContact(device, contact, receivedAt);
    if (content?.kind !== 'batch' || !message.view) return;
    const { accepted, isPauseNew, pausedUntil } = message.view;
    if (isPauseNew && pausedUntil !== undefined) await tools.store.devices.pause(device, pausedUntil);
    if (accepted) await storeBatch(message, content, message.view, tools);
  },
};

function contactIn(content: NonNullable<Message['content']>) {
  if (content.kind === 'status') return { online: content.status.online, version: content.status.version };
  if (content.kind === 'report') return { version: content.report.version, report: content.report };
  return content.kind === 'presence' ? { online: content.online } : {};
}

async function storeBatch(
  message: Message,
  content: BatchContent,
  view: LedgerView,
  tools: CommitTools,
): Promise<void> {
  const { device, receivedAt } = message;
  const { epoch, arrival } = content;
  const { devices, sequences, records } = tools.store;
  message.stored = await records.add(
    view.fresh.map(({ seq, record, body, picture }) => {
      return { device, epoch, seq, receivedAt, backfill: seq < view.newest, record, body, picture };
    }),
  );
  let bytes = 0;
  for (const { body, picture } of message.stored) bytes += body.length + (picture?.length ?? 0);
  if (message.stored.length > 0)
    await devices.used(device, { day: dayOf(receivedAt), records: message.stored.length, bytes });
  await settleOrigins(message, content, tools);
  if (content.refusedWhole !== undefined) await quarantineWhole(message, content.refusedWhole, tools);
  for (const bad of view.freshBad) {
    await quarantine(message, tools, { reason: bad.reason, payload: bad.text, from: bad.seq, to: bad.seq, epoch });
  }

  const { restored } = tools.store.restores;
  if (restored)
    await sequences.explainRestore(
      device,
      epoch,
      view.ledger.upTo,
      Math.max(content.given, arrival.base - 1),
      restored.reason,
    );
  for (const loss of lossesOf(epoch, view.fresh)) await sequences.addLoss(device, epoch, loss);
  const after = settle(view.ledger, view.gaps, arrival);
  await sequences.write(device, epoch, view.ledger, after.ledger, message.stored.length, receivedAt);
  if (view.line) await sequences.setLine(device, epoch, view.line);
  await sequences.replaceGaps(device, epoch, view.gaps, after.gaps);
}

/** The records are here under new names: under their old ones they shall not come in again. */
async function settleOrigins(
  { device, stored, receivedAt }: Message,
  { lineage }: BatchContent,
  { store: { sequences }, breathe }: CommitTools,
): Promise<void> {
  for (const [epoch, numbers] of earlierNames(stored, lineage.earlier)) {
    await breathe();
    const beside = union(numbers.map(({ from, to }) => ({ from: Math.max(1, from - 1), to: to + 1 })));
    const ledger = await sequences.read(device, epoch, beside);
    const gaps = await sequences.gapsIn(device, epoch, numbers);
    const room = Math.max(0, MAX_OPEN_RANGES - (await sequences.openRanges(device, epoch)));
    const after = settleNumbers(ledger, gaps, numbers, room);
    await sequences.write(device, epoch, ledger, after.ledger, 0, receivedAt);
    await sequences.replaceGaps(device, epoch, gaps, after.gaps);
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

async function quarantineWhole(message: Message, reason: string, tools: CommitTools): Promise<void> {
  const { content, payload } = message;
  const range = content?.kind === 'batch' ? { epoch: content.epoch, ...rangeOf(content) } : {};
  await quarantine(message, tools, { reason: `up/${message.channel}: ${reason}`, payload, ...range });
}

function rangeOf({ arrival }: BatchContent): { from: number; to: number } {
  return { from: arrival.from, to: arrival.to };
}

async function quarantine(
  message: Message,
  tools: CommitTools,
  what: Pick<Refused, 'reason' | 'payload' | 'epoch' | 'from' | 'to'>,
): Promise<void> {
  const { device, receivedAt } = message;
  const hash = digestOf(what.payload);
  const digest = what.epoch === undefined ? hash : `${what.epoch}:${what.from}:${hash}`;
  const refused: Refused = { device, receivedAt, bytes: what.payload.length, digest, ...what };
  const { added, evicted } = await tools.store.quarantine.add(refused);
  if (added) message.quarantined.push(refused);
  message.evicted += evicted;
}
