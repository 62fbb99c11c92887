/** What the rules of alerts make of what one device sends. */
import { setTimeout as sleep } from 'node:timers/promises';
import { encode } from '../../../shared/contract/codec.ts';
import { benchRecord } from '../../bench/records.ts';
import type { Attack } from '../attack.ts';
import { settles } from '../stage.ts';

const RULES = 20;
const BATCHES = 20;
const EACH = 500;
const WAIT_S = 60;

export const alertStorm: Attack = {
  name: 'alert-storm',
  summary: 'a device sends 10,000 events of as many streams, and 20 rules of alerts look at all of them',
  async run(stage) {
    // An address that no notification reaches: each stays in the outbox, and is tried again.
    await stage.hub.put('/alert-channels/nobody', { kind: 'webhook', url: 'http://192.0.2.1/' });
    for (let n = 0; n < RULES; n++) {
      await stage.hub.put(`/alert-rules/rule-${n}`, { condition: { kind: 'event' }, channels: ['nobody'], everyS: 0 });
    }
    const attacker = await stage.attacker();
    for (let n = 0; n < BATCHES; n++) {
      const from = n * EACH + 1;
      const records = Array.from({ length: EACH }, (_, i) => ({
        ...benchRecord(i),
        wall: Date.now(),
        stream: `stream-${from + i}`,
        label: `label-${from + i}`,
        seq: from + i,
      }));
      attacker.device.publish(encode({ epoch: 'storm', from, to: from + EACH - 1, base: 1, records }));
    }
    const all = BATCHES * EACH;
    const settled = await settles(() => attacker.acked() >= all, WAIT_S);
    // The rules look after the commit.
    await sleep(10_000);
    const response = await fetch(`http://127.0.0.1:${stage.httpPort()}/api/v1/alerts?limit=200`, {
      headers: { authorization: `Bearer ${stage.adminToken()}` },
    });
    const found = await response.json();
    const alerts = typeof found === 'object' && found !== null && 'items' in found ? found.items : [];
    return [
      ...(settled ? [] : [`after ${WAIT_S} s only ${attacker.acked()} of ${all} events were acknowledged`]),
      ...(Array.isArray(alerts) && alerts.length > 0 ? [] : [`the rules found nothing: ${response.status}`]),
    ];
  },
};
