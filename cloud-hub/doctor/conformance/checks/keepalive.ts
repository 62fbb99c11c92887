/** A device whose line is dead says nothing. */
import { filterOfAll, topicOf } from '../../../../shared/contract/channels.ts';
import { finding } from '../../../../shared/doctor/finding.ts';
import type { Check } from '../check.ts';

const KEEPALIVE_S = 1;
/** One and a half times that is the rule; brokers look now and then. */
const LATEST_MS = 8_000;

export const keepalive: Check = {
  subject: 'keepalive',
  why: 'without it a device whose line is dead stays online for hours',
  async run({ open, roles, clock }) {
    // A topic of its own: the check of the will uses the other.
    const topic = topicOf(roles.id, 'log');
    const hub = await open('hub');
    await hub.subscribe(filterOfAll('log'));
    const device = await open('device', { keepaliveS: KEEPALIVE_S, will: { topic, payload: 'silent' } });
    const start = clock.mono();
    const heard = await hub.next(topic, LATEST_MS);
    const ms = clock.mono() - start;
    await (await open('device')).publish(topic, '', { retain: true });
    const promised = `a silent client with a keepalive of ${KEEPALIVE_S} s`;
    if (heard) return `${promised} is ended after ${(ms / 1000).toFixed(1)} s`;
    if (await device.ended(0)) throw new Error(`${promised} is ended, and its will does not come`);
    return finding(
      'keepalive',
      'broken',
      `${promised} is still connected after ${LATEST_MS / 1000} s`,
      'look for a setting of the broker that overrides the keepalive of clients',
    );
  },
};
