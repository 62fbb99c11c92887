/**
 * Whatever a device sends, hundreds of random legal and hostile messages of every family: no turn of the event loop takes long,
 * each batch is settled, and the memory stays bounded. `npm run attack` sends ten thousand.
 */
import { expect, test } from 'vitest';
import { sendAnything } from '../../attack/device/measured.ts';
import { seeded } from '../../support/random.ts';

const MESSAGES = 200;
const GROWN_MB = 200;

test('whatever a device sends is answered, in short turns and in bounded memory', async () => {
  const { broken, grownMb, messages } = await sendAnything(MESSAGES, seeded(11));
  expect(broken).toEqual([]);
  expect(messages).toBeGreaterThanOrEqual(MESSAGES);
  expect(grownMb).toBeLessThan(GROWN_MB);
}, 120_000);
