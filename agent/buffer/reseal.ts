/**
 * Keeps the texts that an outbox's file holds as new ones are kept: after encryption was switched on or off, or with a new key.
 *
 * Crash behaviour: each step is one transaction, and the file says that there is something to do until the last. After a crash it
 * begins again; a text that is kept rightly is passed over. No byte of a plain text is in a file of it once this has returned.
 */
import { type HeldParts, usable } from './erase.ts';
import { removeAside } from './file/aside.ts';
import { RANKS } from './file/rank.ts';

/** Of one transaction: bounds the WAL, and how long the agent does nothing else. */
const STEP_ROWS = 500;
const STEP_BYTES = 2 * 1024 * 1024;

/**
 * @returns whether there was anything to do
 * @throws what hinders it; calling again does the rest
 */
export async function resealHeld(parts: HeldParts): Promise<boolean> {
  const { pause } = parts;
  const use = usable(parts);
  if (!use((file) => file.isToReseal)) return false;
  const { epoch } = use((file) => file.meta);
  for (const from of [...RANKS, 'refused'] as const) {
    for (let after: number | undefined = 0; after !== undefined; ) {
      const last: number = after;
      after = use((file) => {
        if (file.meta.epoch !== epoch) throw new Error('a new epoch of the outbox has begun meanwhile');
        return file.erase((transaction) => transaction.reseal(from, last, STEP_ROWS, STEP_BYTES));
      });
      await pause();
    }
  }
  use((file) => {
    // What was moved aside while texts were plain has been saved out of it.
    if (file.meta.plain) removeAside(file.path);
    file.scrub();
    file.noteResealed();
  });
  return true;
}
