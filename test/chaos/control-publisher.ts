/**
 * The publisher of a control run: what a reader of mqtt.js' manual writes. It counts, writes each number down, and publishes it
 * with QoS 1 and the library's defaults. `node control-publisher.js URL LOG`.
 */
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { connect } from 'mqtt';
import { CONTROL_TOPIC } from './control-topic.ts';

const [, , url = '', log = ''] = process.argv;
const EVERY_MS = 10;

const client = connect(url, { reconnectPeriod: 200 });
client.on('error', () => undefined);
let next = existsSync(log) ? readFileSync(log, 'utf8').split('\n').length : 1;
setInterval(() => {
  appendFileSync(log, `${next}\n`);
  client.publish(CONTROL_TOPIC, String(next++), { qos: 1 });
}, EVERY_MS);
