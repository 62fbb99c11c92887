/** A record as it is kept: its JSON text, made once, the size of that, and its rank by its kind. */
import type { RecordBody, RecordKind } from '../../../shared/contract/messages/record.ts';
import type { Entry } from './format.ts';
import { KEPT_RANK, type Rank } from './rank.ts';

const ranks: Readonly<Record<RecordKind, Rank>> = {
  summary: 0,
  health: 0,
  reading: 0,
  error: 1,
  event: 2,
  verdict: 2,
  loss: KEPT_RANK,
};

export function isKind(word: unknown): word is RecordKind {
  return typeof word === 'string' && Object.hasOwn(ranks, word);
}

/** @throws TypeError when the body cannot be written as JSON (a cycle, a BigInt) */
export function entryOf(body: RecordBody): Entry {
  return entryOfText(body.kind, JSON.stringify(body));
}

export function entryOfText(kind: RecordKind, json: string): Entry {
  return { rank: ranks[kind], bytes: Buffer.byteLength(json), json };
}
