/** Step 4, inside the transaction: are these the numbers that the ledger knows, and which records of the batch are new to it? */
import { includes, type Range } from '../../../shared/kit/ranges.ts';
import type { Ledger } from '../../store/sequences.ts';
import { type Arrival, isFresh, touched, touchedGaps } from '../ledger.ts';
import { descentOf, inherited } from '../lineage.ts';
import type { BatchContent, GoodRecord, Message } from '../message.ts';
import { earlierNames, namesOf } from '../origins.ts';
import type { Step, StepTools } from '../step.ts';

/** A device with more open holes than this has to fill some before more is taken. */
export const MAX_OPEN_RANGES = 1024;

export const dedupe: Step = {
  name: 'dedupe',
  phase: 'commit',
  run(message, { store, quota }) {
    const { content, device, receivedAt } = message;
    if (content?.kind !== 'batch') return;
    const { sequences } = store;
    const { epoch, arrival, lineage, good, bad } = content;
    const line = sequences.line(device, epoch);
    const before = newestIn(sequences.highest(device, epoch, 1));
    const descent = descentOf(line, lineage.starts, before);
    const isHeir = line.length === 0 && lineage.earlier.length > 0;
    if (isHeir) inherit(message, content, store);
    const newest = isHeir ? newestIn(sequences.highest(device, epoch, 1)) : before;
    const ledger = sequences.read(device, epoch, touched(sequences.upTo(device, epoch), arrival));
    // What was settled without a record stays so when its numbers are refused unread.
    const gaps =
      content.refusedWhole === undefined ? sequences.gapsIn(device, epoch, touchedGaps(ledger, arrival)) : [];
    const isHere = hereBefore(device, content, store);
    const usage = store.devices.usage(device);
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
        (!makesHole(ledger, arrival) || sequences.openRanges(device, epoch) < MAX_OPEN_RANGES),
    };
  },
};

function newestIn({ upTo, above }: Ledger): number {
  return above.at(-1)?.to ?? upTo;
}

/** Begins the ledger of an epoch that follows others. */
function inherit({ device, receivedAt }: Message, content: BatchContent, { sequences }: StepTools['store']): void {
  const read = (epoch: string, numbers: Range) => ({
    ledger: sequences.read(device, epoch, [numbers]),
    gaps: sequences.gapsIn(device, epoch, [numbers]),
  });
  const { lineage, arrival } = content;
  const ledger = inherited(lineage.earlier, read, arrival.base);
  sequences.write(device, content.epoch, { upTo: 0, above: [] }, ledger, 0, receivedAt);
}

/** Would numbers below the batch stay open that are not open already? */
function makesHole({ upTo, above }: Ledger, { from, base }: Arrival): boolean {
  return from > upTo + 1 && base <= upTo + 1 && !includes(above, from - 1);
}

/** Says whether a record is stored under a name that it had before. */
function hereBefore(device: string, { good, lineage }: BatchContent, { sequences }: StepTools['store']) {
  const isSettled = new Map(
    [...earlierNames(good, lineage.earlier)].map(([epoch, numbers]) => {
      const ledger = sequences.read(device, epoch, numbers);
      const gaps = sequences.gapsIn(device, epoch, numbers);
      return [epoch, (seq: number) => !isFresh(ledger, gaps, seq)] as const;
    }),
  );
  return (one: GoodRecord) =>
    namesOf(one, lineage.earlier).some(({ epoch, seq }) => isSettled.get(epoch)?.(seq) ?? false);
}
