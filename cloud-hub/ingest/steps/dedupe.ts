/** Step 4, inside the transaction: are these the numbers that the ledger knows, and which records of the batch are new to it? */
import { includes, type Range } from '../../../shared/kit/ranges.ts';
import type { Ledger } from '../../store/sequences.ts';
import { type Arrival, isFresh, touched, touchedGaps } from '../ledger.ts';
import { descentOf, inherited } from '../lineage.ts';
import type { BatchContent, GoodRecord, Message } from '../message.ts';
import { earlierNames, namesOf } from '../origins.ts';
import type { CommitStep, CommitTools } from '../step.ts';

/** A device with more open holes than this has to fill some before more is taken. */
export const MAX_OPEN_RANGES = 1024;

export const dedupe: CommitStep = {
  name: 'dedupe',
  phase: 'commit',
  async run(message, { store, quota, breathe }) {
    const { content, device, receivedAt } = message;
    if (content?.kind !== 'batch') return;
    const { sequences } = store;
    const { epoch, arrival, lineage, good, bad } = content;
    const line = await sequences.line(device, epoch);
    const before = newestIn(await sequences.highest(device, epoch, 1));
    const descent = descentOf(line, lineage.starts, before);
    const isHeir = line.length === 0 && lineage.earlier.length > 0;
    if (isHeir) await inherit(message, content, store);
    const newest = isHeir ? newestIn(await sequences.highest(device, epoch, 1)) : before;
    const ledger = await sequences.read(device, epoch, touched(await sequences.upTo(device, epoch), arrival));
    // What was settled without a record stays so when its numbers are refused unread.
    const gaps =
      content.refusedWhole === undefined ? await sequences.gapsIn(device, epoch, touchedGaps(ledger, arrival)) : [];
    const isHere = await hereBefore(device, content, { store, breathe });
    const usage = await store.devices.usage(device);
    const pausedUntil = usage && quota.pausedUntil(usage, receivedAt);
    const forkedAt = descent.kind === 'forked' ? descent.at : undefined;
    message.view = {
      ledger,
      gaps,
      newest,
      line: descent.kind === 'continues' && descent.line !== line ? descent.line : undefined,
      forkedAt,
      pausedUntil,
      isPauseNew: pausedUntil !== undefined && usage?.pausedUntil !== pausedUntil,
      fresh: good.filter((r) => isFresh(ledger, gaps, r.seq) && !isHere(r)),
      freshBad: bad.filter((r) => isFresh(ledger, gaps, r.seq)),
      accepted:
        forkedAt === undefined &&
        pausedUntil === undefined &&
        (!makesHole(ledger, arrival) || (await sequences.openRanges(device, epoch)) < MAX_OPEN_RANGES),
    };
  },
};

function newestIn({ upTo, above }: Ledger): number {
  return above.at(-1)?.to ?? upTo;
}

/** Begins the ledger of an epoch that follows others. */
async function inherit(
  { device, receivedAt }: Message,
  content: BatchContent,
  { sequences }: CommitTools['store'],
): Promise<void> {
  const read = async (epoch: string, numbers: Range) => ({
    ledger: await sequences.read(device, epoch, [numbers]),
    gaps: await sequences.gapsIn(device, epoch, [numbers]),
  });
  const { lineage, arrival } = content;
  const ledger = await inherited(lineage.earlier, read, arrival.base);
  await sequences.write(device, content.epoch, { upTo: 0, above: [] }, ledger, 0, receivedAt);
}

/** Would numbers below the batch stay open that are not open already? */
function makesHole({ upTo, above }: Ledger, { from, base }: Arrival): boolean {
  return from > upTo + 1 && base <= upTo + 1 && !includes(above, from - 1);
}

/** Says whether a record is stored under a name that it had before. */
async function hereBefore(
  device: string,
  { good, lineage }: BatchContent,
  { store: { sequences }, breathe }: Pick<CommitTools, 'store' | 'breathe'>,
) {
  const isSettled = new Map<string, (seq: number) => boolean>();
  for (const [epoch, numbers] of earlierNames(good, lineage.earlier)) {
    await breathe();
    const ledger = await sequences.read(device, epoch, numbers);
    const gaps = await sequences.gapsIn(device, epoch, numbers);
    isSettled.set(epoch, (seq) => !isFresh(ledger, gaps, seq));
  }
  return (one: GoodRecord) =>
    namesOf(one, lineage.earlier).some(({ epoch, seq }) => isSettled.get(epoch)?.(seq) ?? false);
}
