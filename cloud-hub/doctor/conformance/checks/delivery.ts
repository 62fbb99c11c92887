/** QoS 1 through wildcards, from a device to the hub and back. */
import { filterOfAll, ownDownFilter, topicOf } from '../../../../shared/contract/channels.ts';
import { finding } from '../../../../shared/doctor/finding.ts';
import type { Check } from '../check.ts';
import { ANSWER_MS, type Probe } from '../probe.ts';

const QUIET_MS = 1_000;

/** At once; every broker keeps them. */
const FEW = 20;
/** As when a fleet comes back: a broker with a short queue drops some, and devices send them again. */
const MANY = 400;

export const delivery: Check = {
  subject: 'QoS 1 and wildcards',
  why: 'a record is sent at QoS 1, and the hub hears all devices through `+`',
  async run({ open, roles }) {
    const [hub, device] = [await open('hub'), await open('device')];
    const granted = [await hub.subscribe(filterOfAll('report')), await device.subscribe(ownDownFilter(roles.id))];
    if (granted.some((qos) => qos !== 1)) throw new Error(`it grants QoS ${Math.min(...granted)} instead of 1`);
    const up = topicOf(roles.id, 'report');
    const ways = [
      { from: device, to: hub, topic: up },
      { from: hub, to: device, topic: topicOf(roles.id, 'ack') },
    ];
    for (const way of ways) {
      const came = await burst(way, FEW);
      if (came < FEW) throw new Error(`it confirmed ${FEW} messages on ${way.topic}, and delivered ${came}`);
    }
    const came = await burst({ from: device, to: hub, topic: up }, MANY);
    if (came === MANY) return `${MANY} messages at once are all delivered, in their order`;
    const text = `of ${MANY} messages at once it confirmed all and delivered ${came}: devices send the others again, later`;
    return finding('QoS 1 and wildcards', 'note', text, 'let the broker queue more messages for a client');
  },
};

interface Way {
  readonly from: Probe;
  readonly to: Probe;
  readonly topic: string;
}

/** @returns how many of them came */
async function burst({ from, to, topic }: Way, many: number): Promise<number> {
  await Promise.all(Array.from({ length: many }, (_, i) => from.publish(topic, `${many}-${i}`)));
  let last = -1;
  for (let came = 0; came < many; came++) {
    const heard = await to.next(topic, came === 0 ? ANSWER_MS : QUIET_MS);
    if (!heard) return came;
    if (heard.qos !== 1) throw new Error(`it delivers at QoS ${heard.qos} what was sent and asked for at QoS 1`);
    const number = Number(heard.payload.toString().split('-')[1]);
    if (number <= last) throw new Error(`messages on ${topic} come in another order, or twice`);
    last = number;
  }
  return many;
}

export const shared: Check = {
  subject: 'shared subscriptions',
  why: 'only several hubs beside each other would need them; one hub does not',
  async run({ open, roles }) {
    const [hub, device] = [await open('hub'), await open('device')];
    const topic = topicOf(roles.id, 'sample');
    try {
      await hub.subscribe(`$share/vedette-doctor/${filterOfAll('sample')}`);
      await device.publish(topic, 'shared');
      if (!(await hub.next(topic, QUIET_MS))) throw new Error('it takes them, and delivers nothing');
      return 'there (nothing needs them today)';
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      return finding('shared subscriptions', 'note', `not there: ${text}; one hub does not need them`);
    }
  },
};
