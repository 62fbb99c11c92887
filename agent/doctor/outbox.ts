/** The outbox: is its file whole, and what waits in it? */
import path from 'node:path';
import type { Finding } from '../../shared/doctor/finding.ts';
import { lookAtDatabase } from '../../shared/doctor/probes/database.ts';
import { judgeDatabase } from '../../shared/doctor/verdicts/database.ts';
import { FORMAT, type MetaState, OUTBOX_FILE, parseMeta } from '../buffer/file/format.ts';

export interface OutboxFacts {
  readonly format: number;
  /** Undefined: its state cannot be read. */
  readonly meta: MetaState | undefined;
}

export function examineOutbox(dataDir: string): Finding {
  const file = path.join(dataDir, OUTBOX_FILE);
  const facts = lookAtDatabase<OutboxFacts>(file, (database) => ({
    format: Number(database.pragma('user_version', { simple: true })),
    meta: parseMeta(database.prepare<[], { state: string }>('SELECT state FROM meta').get()?.state),
  }));
  return judgeDatabase(
    {
      subject: 'outbox',
      file,
      missing: { level: 'ok', text: `${file} is not there: the first start makes it` },
      damaged: 'start the agent: it saves what can be read, sets the file aside and records what is lost',
      unreadable: 'run this as the user of the agent',
      more: outboxWords,
    },
    facts,
  );
}

/** Pure. */
export function outboxWords({ format, meta }: OutboxFacts) {
  if (format > FORMAT)
    return {
      text: `format ${format}, and this agent knows up to ${FORMAT}: a newer version wrote it`,
      wrong: {
        level: 'broken' as const,
        advice: 'install that version again, or move the file away: its records are then lost',
      },
    };
  if (!meta)
    return {
      text: 'its state cannot be read',
      wrong: { level: 'note' as const, advice: 'start the agent: it mends it' },
    };
  const waiting = meta.held.reduce((sum, { records }) => sum + records, 0);
  const bytes = meta.held.reduce((sum, tally) => sum + tally.bytes, 0);
  return {
    text: `${waiting} records (${(bytes / 1e6).toFixed(1)} MB) wait; ${meta.refused} refused, ${meta.givenUp} given up so far`,
  };
}
