/** A record's body as it is kept: its JSON text, made once. */
import type { RecordBody } from '../../shared/contract/messages/record.ts';
import type { Entry } from './format.ts';
import { rankOf } from './rank.ts';

/** @throws TypeError when the body cannot be written as JSON (a cycle, a BigInt) */
export function entryOf(body: RecordBody): Entry {
  const json = JSON.stringify(body);
  return { rank: rankOf(body.kind), bytes: Buffer.byteLength(json), json };
}
