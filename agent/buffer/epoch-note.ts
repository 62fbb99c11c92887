/**
 * `outbox.epoch`: the epoch of the outbox's file, beside it. When damage takes the page that says it, the records that can still
 * be read keep their names (epoch and number), so that the hub knows those it has already.
 *
 * Crash behaviour: it is written before the file takes its first record, in one small write; what cannot be read as an epoch
 * counts as unknown.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { epoch } from '../../shared/contract/messages/batch.ts';

function noteOf(outboxFile: string): string {
  return outboxFile.replace(/(\.db)?$/, '.epoch');
}

export function readEpochNote(outboxFile: string): string | undefined {
  try {
    return epoch.safeParse(readFileSync(noteOf(outboxFile), 'utf8').trim()).data;
  } catch {
    return undefined;
  }
}

/** Notes the epoch unless it is noted already. Never throws: a full disk must not keep the outbox from opening. */
export function noteEpoch(outboxFile: string, current: string): void {
  if (readEpochNote(outboxFile) === current) return;
  try {
    writeFileSync(noteOf(outboxFile), `${current}\n`, { mode: 0o600 });
  } catch {
    // An old epoch would name records wrongly; what is left of a failed write is none.
  }
}
