/** Step 4, inside the transaction: which records of the batch are new to the ledger? */

import { isFresh, touched } from '../ledger.ts';
import type { GoodRecord } from '../message.ts';
import type { Step, StepTools } from '../step.ts';

/** A device with more open holes than this has to fill some before more is taken. */
export const MAX_OPEN_RANGES = 1024;

export const dedupe: Step = {
  name: 'dedupe',
  phase: 'commit',
  run(message, { store }) {
    const { content, device } = message;
    if (content?.kind !== 'batch') return;
    const { epoch, arrival, good, bad } = content;
    const ledger = store.sequences.read(device, epoch);
    const gaps = store.sequences.gapsIn(device, epoch, touched(ledger, arrival));
    message.view = {
      ledger,
      gaps,
      newest: ledger.above.at(-1)?.to ?? ledger.upTo,
      fresh: good.filter((r) => isFresh(ledger, gaps, r.seq) && !isHere(device, r, store)),
      freshBad: bad.filter((r) => isFresh(ledger, gaps, r.seq)),
      accepted:
        ledger.above.length < MAX_OPEN_RANGES || arrival.from <= ledger.upTo + 1 || arrival.base > ledger.upTo + 1,
    };
  },
};

/** Is it stored under a name that it had before its outbox was damaged? */
function isHere(device: string, { record }: GoodRecord, store: StepTools['store']): boolean {
  return (record.origin ?? []).some(({ epoch, seq }) => {
    const gaps = store.sequences.gapsIn(device, epoch, { from: seq, to: seq });
    return !isFresh(store.sequences.read(device, epoch), gaps, seq);
  });
}
