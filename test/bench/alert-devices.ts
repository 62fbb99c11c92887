/**
 * Child of `bench alerts`: devices that are connected, report once per minute, and send a summary once per minute, each at a time of
 * its own. `node alert-devices.js TOKENS PORT`.
 */
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { encode } from '../../shared/contract/codec.ts';
import { benchReport, benchSummary } from './records.ts';
import { createSimulatedDevice } from './simulated-device.ts';

const [, , file = '', port = ''] = process.argv;
const EVERY_MS = 60_000;
/** So many connect in a second. */
const PER_S = 500;

const tokens = Object.entries(z.record(z.string(), z.string()).parse(JSON.parse(readFileSync(file, 'utf8'))));
let connected = 0;
let acknowledged = 0;

tokens.forEach(([id, token], n) => {
  let seq = 0;
  const device = createSimulatedDevice({
    id,
    token,
    port: Number(port),
    onUp() {
      connected++;
      setTimeout(() => {
        speak();
        setInterval(speak, EVERY_MS);
      }, Math.random() * EVERY_MS);
    },
    onDown: () => void connected--,
    onAck: () => void acknowledged++,
  });
  const speak = () => {
    device.publish(encode(benchReport()), 'report');
    seq++;
    const records = [{ ...benchSummary(seq), wall: Date.now(), seq }];
    device.publish(encode({ epoch: 'bench', from: seq, to: seq, base: 1, records }));
  };
  setTimeout(() => device.connect(), (n * 1000) / PER_S);
});

setInterval(() => process.send?.({ connected, acknowledged }), 200);
