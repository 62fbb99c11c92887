/**
 * `outbox.epoch`, beside the outbox's file: its epoch. If the page with the epoch is damaged, the salvaged records still keep
 * their names (epoch and number), so that the hub recognises those that it has already.
 *
 * Crash behaviour: it is written in one small write before the file takes its first record. A text that is no epoch counts as
 * unknown.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { epoch } from '../../../shared/contract/messages/batch.ts';

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
    // What a failed write leaves is no epoch, so it counts as unknown and names no record wrongly.
  }
}
