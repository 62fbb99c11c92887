/** What a broker keeps, and what it must not keep. */
import { filterOfAll, ownDownFilter, topicOf } from '../../../../shared/contract/channels.ts';
import type { Check } from '../check.ts';
import { ANSWER_MS } from '../probe.ts';

/** Long enough for a broker on the same continent to deliver what it should not. */
const QUIET_MS = 500;

export const retained: Check = {
  subject: 'retained messages',
  why: 'a device that was away finds what it should run (`down/desired`), and the hub who is there (`up/status`)',
  async run({ open, roles }) {
    const topic = topicOf(roles.id, 'desired');
    const hub = await open('hub');
    await hub.publish(topic, 'first', { retain: true });
    await hub.publish(topic, 'second', { retain: true });
    try {
      const device = await open('device');
      await device.subscribe(ownDownFilter(roles.id));
      const heard = await device.next(topic, ANSWER_MS);
      if (!heard) throw new Error('who subscribes later hears nothing');
      if (!heard.retained || heard.payload.toString() !== 'second')
        throw new Error('who subscribes later hears another message than the last one, or without its mark');
      await device.end();
    } finally {
      await hub.publish(topic, '', { retain: true });
    }
    const later = await open('device');
    await later.subscribe(ownDownFilter(roles.id));
    if (await later.next(topic, QUIET_MS)) throw new Error('an empty message does not remove it');
    return 'the last one is kept, and an empty one removes it';
  },
};

export const cleanSession: Check = {
  subject: 'clean sessions',
  why: 'what the hub has not acknowledged is sent again; old messages of a session would come beside it',
  async run({ open, roles }) {
    const clientId = `device-${roles.id}-session`;
    const topic = topicOf(roles.id, 'verdict');
    const [hub, first] = [await open('hub'), await open('device', { clientId })];
    await first.subscribe(ownDownFilter(roles.id));
    first.cut();
    await first.ended(ANSWER_MS);
    await hub.publish(topic, 'meanwhile');
    const second = await open('device', { clientId });
    await hub.publish(topic, 'after');
    if (await second.next(topic, QUIET_MS)) throw new Error('a new connection has subscriptions of the one before');
    return 'a new connection begins without subscriptions and without old messages';
  },
};

export const takeover: Check = {
  subject: 'one connection an id',
  why: 'a device whose line hung comes back at once: its old connection has to end, not the new one',
  async run({ open, roles }) {
    const clientId = `device-${roles.id}-takeover`;
    const topic = topicOf(roles.id, 'command');
    const [hub, first] = [await open('hub'), await open('device', { clientId })];
    const second = await open('device', { clientId, beside: true });
    if (!(await first.ended(ANSWER_MS))) throw new Error('two connections with one client id go on beside each other');
    await second.subscribe(ownDownFilter(roles.id));
    await hub.publish(topic, 'still there');
    if (!(await second.next(topic, ANSWER_MS))) throw new Error('the second connection with a client id does not work');
    return 'a second connection with a client id ends the first';
  },
};

export const will: Check = {
  subject: 'last will',
  why: 'it tells the hub that a device is gone',
  async run({ open, roles }) {
    const topic = topicOf(roles.id, 'status');
    const hub = await open('hub');
    await hub.subscribe(filterOfAll('status'));
    const device = await open('device', { will: { topic, payload: 'cut' } });
    try {
      device.cut();
      const heard = await hub.next(topic, ANSWER_MS);
      if (heard?.payload.toString() !== 'cut') throw new Error('the connection was cut, and the will did not come');
      const later = await open('hub');
      await later.subscribe(filterOfAll('status'));
      if (!(await later.next(topic, ANSWER_MS))?.retained) throw new Error('the will came, and is not retained');
    } finally {
      await (await open('device')).publish(topic, '', { retain: true });
    }
    return 'published and retained when a connection is cut';
  },
};
