/** The largest message that the contract allows. */
import { channels, filterOfAll, topicOf } from '../../../../shared/contract/channels.ts';
import type { Check } from '../check.ts';
import { ANSWER_MS } from '../probe.ts';

const MiB = 1024 * 1024;
const LARGEST = Math.max(...Object.values(channels).map(({ maxBytes }) => maxBytes));
/** Tried one after the other, so that the answer names what goes. */
const SIZES = [64 * 1024, 256 * 1024, MiB, LARGEST];

export const size: Check = {
  subject: 'message size',
  why: `a batch with pictures has up to ${LARGEST / MiB} MiB`,
  async run({ open, roles }) {
    const topic = topicOf(roles.id, 'records');
    const hub = await open('hub');
    await hub.subscribe(filterOfAll('records'));
    let passed = 0;
    for (const bytes of SIZES) {
      const payload = Buffer.alloc(bytes, `${bytes} `);
      const failed = (why: string) => new Error(`${bytes / 1024} KiB do not pass (${why}); ${passed / 1024} KiB do`);
      try {
        const device = await open('device');
        await device.publish(topic, payload);
      } catch (error) {
        throw failed(error instanceof Error ? error.message : String(error));
      }
      const heard = await hub.next(topic, ANSWER_MS);
      if (!heard) throw failed('it was confirmed and never delivered');
      if (!heard.payload.equals(payload)) throw failed('it arrived changed');
      passed = bytes;
    }
    return `${passed / MiB} MiB pass unchanged`;
  },
};
