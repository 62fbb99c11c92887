/**
 * Names that records had before: in an outbox that was damaged (`origin` of the record), or before an outbox began a new epoch because
 * there are copies of it (`earlier` of the batch).
 */
import type { EarlierEpoch } from '../../shared/contract/messages/batch.ts';
import type { Origin } from '../../shared/contract/messages/record.ts';
import { type Range, rangesOf } from '../../shared/kit/ranges.ts';

interface Renamed {
  readonly seq: number;
  readonly record: { readonly origin?: Origin | undefined };
}

/** Epochs of one message whose earlier names are looked at: an outbox that was replaced again and again carries some eight. */
const MAX_EPOCHS = 64;

/** Every earlier name of a record. */
export function namesOf({ seq, record }: Renamed, earlier: readonly EarlierEpoch[]): Origin {
  const same = earlier.filter(({ below }) => seq < below).map(({ epoch }) => ({ epoch, seq }));
  return same.length > 0 ? [...(record.origin ?? []), ...same] : (record.origin ?? []);
}

/** The numbers of each epoch, as rising ranges; epochs beyond the first 64 are left out. */
export function earlierNames(
  records: readonly Renamed[],
  earlier: readonly EarlierEpoch[],
): Map<string, readonly Range[]> {
  const numbers = new Map<string, number[]>();
  for (const renamed of records) {
    for (const { epoch, seq } of namesOf(renamed, earlier)) {
      const known = numbers.get(epoch);
      if (known) known.push(seq);
      else if (numbers.size < MAX_EPOCHS) numbers.set(epoch, [seq]);
    }
  }
  return new Map([...numbers].map(([epoch, seqs]) => [epoch, rangesOf(seqs.toSorted((a, b) => a - b))]));
}
