/** Many holes between what the hub has: a real outbox, the real ingest and store of the hub. */
import { expect, test } from 'vitest';
import { makeBatch } from '../../agent/sync/batches.ts';
import { MAX_ACK_RANGES } from '../../shared/contract/messages/batch.ts';
import { body, heldBy, open } from '../agent/buffer/fixture.ts';
import { bench } from '../cloud-hub/ingest/bench.ts';
import { tempFolder } from '../support/temp.ts';

test('with more open ranges than an acknowledgement can name it names the highest: what was just sent leaves the outbox', async () => {
  const outbox = open(tempFolder());
  const RANGES = MAX_ACK_RANGES + 8;
  await outbox.append(Array.from({ length: 2 * RANGES + 1 }, (_, mark) => body(mark)));
  const { epoch } = outbox;
  const hub = await bench();
  const send = async (after: number, limit: number) => {
    const leased = outbox.lease(limit, 1e6, after);
    const batch = makeBatch({ epoch, base: outbox.base(), from: leased[0]?.seq ?? 0, leased });
    if (batch) await hub.send(batch.payload);
    const ack = hub.acks.at(-1);
    if (ack) expect(outbox.ack(ack)).toBe('settled');
    return ack;
  };
  // Every second number: 2, 4, 6, … arrive, 1, 3, 5, … are still to come.
  for (let n = 1; n <= RANGES; n++) {
    const ack = await send(2 * n - 1, 1);
    const named = Array.from({ length: Math.min(n, MAX_ACK_RANGES) }, (_, i) => 2 * (n - i)).reverse();
    expect(ack).toMatchObject({ epoch, upTo: 0, ranges: named.map((seq) => ({ from: seq, to: seq })) });
    expect(outbox.lease(1, 1, 2 * n - 1)[0]?.seq).toBe(2 * n + 1);
  }
  expect(heldBy(outbox).map((r) => r.seq)).toEqual(Array.from({ length: RANGES + 1 }, (_, i) => 2 * i + 1));
  // The holes are filled from the lowest: in the end nothing is open.
  for (let n = 0; n <= RANGES; n++) expect((await send(2 * n, 1))?.upTo).toBe(Math.min(2 * n + 2, 2 * RANGES + 1));
  expect(outbox.state()).toMatchObject({ waiting: 0, lastSeq: 2 * RANGES + 1, refused: 0, givenUp: 0 });
  outbox.close();
});
