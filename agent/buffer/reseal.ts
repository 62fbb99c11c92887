/**
 * Keeps the texts that an outbox's file holds as new ones are kept: after encryption was switched on or off, or with a new key.
 *
 * Crash behaviour: each step is one transaction, and the file says that there is something to do until the last. After a crash it
 * begins again; a text that is kept rightly is passed over. No byte of a plain text is in a file of it once this has returned.
 */
import { removeAside } from './file/aside.ts';
import type { OutboxFile } from './file/outbox-file.ts';
import { RANKS } from './file/rank.ts';
import type { FileHolder } from './file-holder.ts';
import type { Writer } from './writer.ts';

/** Of one transaction: bounds the WAL, and how long the agent does nothing else. */
const STEP_ROWS = 500;
const STEP_BYTES = 2 * 1024 * 1024;

/**
 * @param pause lets others run between two steps
 * @returns whether there was anything to do
 * @throws what hinders it; calling again does the rest
 */
export async function resealHeld(
  holder: FileHolder,
  writer: Pick<Writer, 'flush'>,
  pause: () => Promise<void>,
): Promise<boolean> {
  const use = <T>(run: (file: OutboxFile) => T): T => {
    const outcome = holder.use(run, true);
    if (holder.hasReport) writer.flush();
    if (outcome.error) throw outcome.error;
    return outcome.value;
  };
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
