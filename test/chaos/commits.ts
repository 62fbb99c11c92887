/** What an agent has committed: the lines that preload.ts wrote, and what its file holds when it is dead. */
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import Database from 'better-sqlite3';
import { z } from 'zod';
import { contentOf, kindOf } from './content.ts';
import type { Committed } from './history.ts';

const line = z.object({ epoch: z.string(), written: z.array(z.tuple([z.number(), z.string(), z.string()])) });
const row = z.object({ seq: z.number(), body: z.string() });
const meta = z.object({ epoch: z.string(), nextSeq: z.number() });

export interface CommitBook {
  /** Reads the file of a dead agent. */
  readFile(outboxFile: string): void;
  /** Looks where the file of a living one has come to: damage that it finds begins a new epoch. */
  glance(outboxFile: string): void;
  /** Everything that was committed; the last content of each number. */
  all(logFile: string): Committed[];
  /** Epoch and last number of the file, when it was seen last. */
  readonly end: { readonly epoch: string; readonly lastSeq: number } | undefined;
}

export function createCommitBook(): CommitBook {
  const fromFiles = new Map<string, Committed>();
  let end: { epoch: string; lastSeq: number } | undefined;
  return {
    get end() {
      return end;
    },
    readFile(outboxFile) {
      const read = readOutbox(outboxFile);
      if (!read) return;
      end = read.end;
      for (const record of read.records) fromFiles.set(`${record.epoch}:${record.seq}`, record);
    },
    glance(outboxFile) {
      end = readOutbox(outboxFile)?.end ?? end;
    },
    all(logFile) {
      const book = new Map<string, Committed>();
      for (const text of existsSync(logFile) ? readFileSync(logFile, 'utf8').split('\n') : []) {
        const { epoch, written } = parseLine(text) ?? { epoch: '', written: [] };
        for (const [seq, content, kind] of written) book.set(`${epoch}:${seq}`, { epoch, seq, content, kind });
      }
      // A file was read after the lines that told of it: it has the newer content of a growing loss record.
      for (const [key, record] of fromFiles) if (!book.has(key)) book.set(key, record);
      return [...book.values()];
    },
  };
}

/** Undefined for a line that a kill has cut off: the file has what it told of. */
function parseLine(text: string): z.infer<typeof line> | undefined {
  try {
    return line.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** Reads a copy, so that the agent finds its file as the kill left it. */
function readOutbox(file: string): { end: { epoch: string; lastSeq: number }; records: Committed[] } | undefined {
  if (!existsSync(file)) return undefined;
  const folder = mkdtempSync(path.join(tmpdir(), 'vedette-chaos-'));
  const copy = path.join(folder, 'outbox.db');
  try {
    copyFileSync(file, copy);
    if (existsSync(`${file}-wal`)) copyFileSync(`${file}-wal`, `${copy}-wal`);
    const database = new Database(copy);
    try {
      const state = meta.parse(JSON.parse(String(database.prepare('SELECT state FROM meta').pluck().get())));
      const records = [0, 1, 2, 3].flatMap((rank) =>
        z.array(row).parse(database.prepare(`SELECT seq, body FROM records_${rank}`).all()),
      );
      const committed = records.map(({ seq, body }) => ({
        epoch: state.epoch,
        seq,
        content: contentOf(body),
        kind: kindOf(body),
      }));
      return { end: { epoch: state.epoch, lastSeq: state.nextSeq - 1 }, records: committed };
    } finally {
      database.close();
    }
  } catch {
    // Killed while it made the file: then nothing was committed to it.
    return undefined;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
