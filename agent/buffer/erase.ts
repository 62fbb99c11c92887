/**
 * Erases records out of the outbox's file, on an order of somebody who may. A number that is gone is counted in a `loss` record
 * with the reason `erased`, in the transaction that deletes it; a record that only loses its picture keeps its number.
 *
 * Crash behaviour: each step is one transaction. After a crash the order is carried out again from the beginning; what is gone
 * is not found any more. The files are free of its bytes once `finish` has returned.
 */
import { type Range, rangesOf } from '../../shared/kit/ranges.ts';
import { removeAside } from './file/aside.ts';
import { entryOfText } from './file/entry.ts';
import type { OutboxFile } from './file/outbox-file.ts';
import type { FileTransaction } from './file/transaction.ts';
import type { FileHolder } from './file-holder.ts';
import { lossesOf } from './space/ledger.ts';
import type { LossWriter } from './space/losses.ts';
import type { Writer } from './writer.ts';

/** What shall become of a record, by its JSON text. `without`: it stays, and this is its text from now on. */
export type Judgement = 'keep' | 'erase' | { readonly without: string };
export type Judge = (json: string) => Judgement;

/** How many records went, and how many lost their picture. */
export interface Erased {
  readonly records: number;
  readonly pictures: number;
}

export interface Step extends Erased {
  /** The last number that it looked at; undefined when there was none left. */
  readonly upTo: number | undefined;
}

/** Of one transaction: bounds the WAL, and how long the agent does nothing else. */
const STEP_RECORDS = 1000;
const STEP_BYTES = 2 * 1024 * 1024;
const REASON = 'erased';

interface Parts {
  /** Runs on the file. @throws what hinders it */
  use<T>(run: (file: OutboxFile) => T): T;
  readonly losses: LossWriter;
  /** Lets others run between two steps. */
  pause(): Promise<void>;
}

/**
 * Erases what is in the file now.
 * @throws what hinders it; what was erased until then is gone, and the rest is done by calling again
 */
export async function eraseRecords(judge: Judge, { use, losses, pause }: Parts): Promise<Erased> {
  const { epoch, nextSeq } = use((file) => file.meta);
  let [records, pictures] = [0, 0];
  for (let after = 0; ; ) {
    const step = use((file) => {
      if (file.meta.epoch !== epoch) throw new Error('a new epoch of the outbox has begun meanwhile');
      return eraseStep(file, losses, judge, after, nextSeq - 1);
    });
    records += step.records;
    pictures += step.pictures;
    if (step.upTo === undefined) break;
    after = step.upTo;
    await pause();
  }
  const refused = use((file) => finish(file, judge));
  return { records: records + refused.records, pictures: pictures + refused.pictures };
}

export type HeldParts = Pick<Parts, 'losses' | 'pause'> & { readonly holder: FileHolder; readonly writer: Writer };

/** Runs on an open outbox's file, and reports damage that it finds. */
export function usable({ holder, writer }: Pick<HeldParts, 'holder' | 'writer'>) {
  return <T>(run: (file: OutboxFile) => T): T => {
    const outcome = holder.use(run, true);
    if (holder.hasReport) writer.flush();
    if (outcome.error) throw outcome.error;
    return outcome.value;
  };
}

/**
 * Erases what `judge` says of all that an open outbox holds or was refused; afterwards no byte of it is in a file of it.
 * @throws what hinders it, also that the disk takes nothing; calling again does the rest
 */
export async function eraseHeld(judge: Judge, parts: HeldParts): Promise<Erased> {
  const { writer, losses, pause } = parts;
  const use = usable(parts);
  writer.flush();
  if (writer.waiting > 0) throw new Error(`the disk takes nothing: ${writer.blocked}`);
  return eraseRecords(judge, { use, losses, pause });
}

/**
 * Erases of the held ones with these numbers what `judge` says, and counts each as lost for `reason`. Free pages may still have bytes of it.
 * @throws what hinders it; calling again does the rest
 */
export async function expireHeld(judge: Judge, range: Range, reason: string, parts: HeldParts): Promise<Erased> {
  const { losses, pause } = parts;
  const use = usable(parts);
  const { epoch } = use((file) => file.meta);
  let [records, pictures] = [0, 0];
  for (let after = range.from - 1; ; ) {
    const step = use((file) => {
      if (file.meta.epoch !== epoch) throw new Error('a new epoch of the outbox has begun meanwhile');
      return eraseStep(file, losses, judge, after, range.to, reason);
    });
    records += step.records;
    pictures += step.pictures;
    if (step.upTo === undefined) return { records, pictures };
    after = step.upTo;
    await pause();
  }
}

/** Judges the next records above `after`, none above `upTo`. @throws SQLite's error; then nothing has changed */
export function eraseStep(
  file: OutboxFile,
  losses: LossWriter,
  judge: Judge,
  after: number,
  upTo: number,
  reason = REASON,
): Step {
  const found = file.lease(STEP_RECORDS, STEP_BYTES, { from: after + 1, to: upTo });
  const gone: number[] = [];
  const rewritten: { readonly seq: number; readonly bytes: number; readonly json: string }[] = [];
  for (const { seq, bytes, json } of found) {
    const judgement = judge(json);
    if (judgement === 'erase') gone.push(seq);
    else if (judgement !== 'keep') rewritten.push({ seq, bytes, json: judgement.without });
  }
  if (gone.length > 0 || rewritten.length > 0) {
    losses.within(() =>
      file.erase((transaction) => {
        for (const { from, to } of rangesOf(gone)) transaction.remove(from, to);
        // Only events have pictures.
        for (const { seq, bytes, json } of rewritten) transaction.rewrite(seq, entryOfText('event', json), bytes);
        if (gone.length > 0) losses.add(transaction, lossesOf(gone), reason);
      }),
    );
  }
  return { upTo: found.at(-1)?.seq, records: gone.length, pictures: rewritten.length };
}

/** Judges what was refused and kept for the user, and removes damaged files that were moved aside: all that could be read is in the new one. */
export function finish(file: OutboxFile, judge: Judge): Erased {
  const erased = file.erase((transaction) => eraseRefused(transaction, judge));
  removeAside(file.path);
  file.scrub();
  return erased;
}

function eraseRefused(transaction: FileTransaction, judge: Judge): Erased {
  let [records, pictures, after] = [0, 0, 0];
  for (;;) {
    const rows = transaction.refusedAfter(after, STEP_RECORDS);
    for (const { id, json } of rows) {
      after = id;
      const judgement = judge(json);
      if (judgement === 'keep') continue;
      if (judgement === 'erase') records++;
      else pictures++;
      transaction.changeRefused(id, judgement === 'erase' ? undefined : judgement.without);
    }
    if (rows.length < STEP_RECORDS) return { records, pictures };
  }
}
