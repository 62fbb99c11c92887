/** What the hub says, message by message, on a line in the test's hands. */
import { expect, test } from 'vitest';
import { Downlink } from '../../../agent/sync/downlink.ts';
import { type ChannelName, channels, ownDownFilter, topicOf } from '../../../shared/contract/channels.ts';
import { encode } from '../../../shared/contract/codec.ts';
import { keptLog } from '../../support/kept-log.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { FakeLink } from './fake-link.ts';

const preview = { kind: 'preview', stream: 'door', seconds: 15, fps: 5, width: 640 } as const;
const desire = { revision: `sha256:${'0'.repeat(64)}`, models: {} };

function downlink(act: (message: unknown) => void = () => undefined) {
  const clock = new ManualClock();
  const link = new FakeLink();
  const { log, lines } = keptLog();
  const received: [string, unknown][] = [];
  const on = (channel: string) => (message: unknown) => {
    received.push([channel, message]);
    act(message);
  };
  const part = new Downlink({
    device: 'box',
    link,
    onAck: on('ack'),
    onUnread: on('unread'),
    onCommand: on('command'),
    onDesired: on('desired'),
    onVerdict: on('verdict'),
    clock,
    log,
  });
  part.start();
  link.connect();
  const send = (channel: ChannelName, payload: Buffer, device = 'box') => link.send(topicOf(device, channel), payload);
  return { clock, link, part, received, lines, send };
}

test('each channel has its reader, who gets what was said; what is for others is counted and not read', () => {
  const t = downlink();
  expect(t.link.subscribed).toEqual([{ filter: ownDownFilter('box'), qos: 1 }]);
  const ack = { epoch: 'e', upTo: 3, ranges: [{ from: 5, to: 6 }], at: 7 };
  t.send('ack', encode(ack));
  t.send('command', encode(preview));
  t.send('desired', encode(desire));
  const verdict = { sample: '0'.repeat(32), outcome: 'confirmed' };
  t.send('verdict', encode(verdict));
  expect(t.received.map(([channel]) => channel)).toEqual(['ack', 'command', 'desired', 'verdict']);
  expect(t.received[0]?.[1]).toEqual(ack);
  expect(t.received[1]?.[1]).toEqual(preview);
  expect(t.received[2]?.[1]).toMatchObject(desire);
  expect(t.received[3]?.[1]).toEqual(verdict);
  const unread = { digest: `sha256:${'0'.repeat(64)}`, reason: 'gzip: incorrect data check' };
  t.send('ack', encode({ unread }));
  expect(t.received.pop()).toEqual(['unread', unread]);
  t.send('ack', encode({ unread: { ...unread, digest: 'of another kind' } }));
  t.send('ack', encode(ack), 'another');
  t.send('report', encode({}));
  t.send('verdict', encode({}));
  t.link.send('anything/else', encode(ack));
  t.link.send(`vedette/v1/box/down/${'x'.repeat(3_000)}`, encode(ack));
  expect(t.received).toHaveLength(4);
  expect(t.part.state()).toEqual({ received: 11, invalid: 6, failed: 0 });
});

test('a message as large as its channel allows is read, one byte more is not', () => {
  const t = downlink();
  const { maxBytes } = channels.ack;
  const bytes = Buffer.from(JSON.stringify({ epoch: 'e', upTo: 1 }));
  const filled = (length: number) => Buffer.concat([bytes, Buffer.alloc(length - bytes.length, ' ')]);
  t.send('ack', filled(maxBytes));
  expect(t.part.state()).toEqual({ received: 1, invalid: 0, failed: 0 });
  t.send('ack', filled(maxBytes + 1));
  expect(t.part.state()).toEqual({ received: 2, invalid: 1, failed: 0 });
  expect(t.lines.find(({ level }) => level === 'warn')).toMatchObject({
    last: `${topicOf('box', 'ack')}: ${maxBytes + 1} bytes are more than ${maxBytes}`,
  });
  // What grows beyond it when it is unpacked is not read either.
  t.send('ack', encode({ epoch: 'e', upTo: 1, pad: ' '.repeat(maxBytes) }));
  expect(t.part.state()).toEqual({ received: 3, invalid: 2, failed: 0 });
  expect(t.received).toHaveLength(1);
});

test('complaints are summed up: one at once, then one each ten seconds at most, with the last reason', async () => {
  const t = downlink();
  t.send('ack', encode({ epoch: 'e', upTo: -1 }));
  expect(t.lines).toMatchObject([{ level: 'warn', messages: 1, msg: 'messages of the hub were ignored' }]);
  expect(t.lines[0]?.last).toMatch(/down\/ack: upTo: .*found -1/);
  for (let n = 0; n < 5; n++) t.send('command', encode({ kind: `k${n}` }));
  t.send('report', encode({}));
  await t.clock.advance(9_999);
  expect(t.lines).toHaveLength(1);
  await t.clock.advance(1);
  expect(t.lines).toHaveLength(2);
  expect(t.lines[1]).toMatchObject({
    messages: 6,
    last: `${topicOf('box', 'report')}: no such channel for this device`,
  });
  t.send('command', encode({ kind: 'x', [`${'y'.repeat(5_000)}`]: 1 }));
  t.link.send('z'.repeat(5_000), encode({}));
  await t.clock.advance(10_000);
  expect(t.lines[2]).toMatchObject({ messages: 2, last: `${'z'.repeat(200)}: no such channel for this device` });
});

test('a reader that fails is told of, is not taken for a wrong message, and hears the next one', () => {
  const t = downlink((message) => {
    if (JSON.stringify(message).includes('door')) throw new Error('no such stream');
  });
  t.send('command', encode(preview));
  expect(t.part.state()).toEqual({ received: 1, invalid: 0, failed: 1 });
  expect(t.lines).toMatchObject([
    { level: 'error', topic: topicOf('box', 'command'), err: { message: 'no such stream' } },
  ]);
  t.send('command', encode({ ...preview, stream: 'yard' }));
  expect(t.part.state()).toEqual({ received: 2, invalid: 0, failed: 1 });
  expect(t.received).toHaveLength(2);
});

test('it listens once, however often it is started, and no more after its end', () => {
  const t = downlink();
  t.part.start();
  expect(t.link.listeners).toBe(1);
  expect(t.link.subscribed).toHaveLength(1);
  t.part.stop();
  t.part.stop();
  expect(t.link.listeners).toBe(0);
  t.send('command', encode(preview));
  expect(t.received).toEqual([]);
  t.part.start();
  t.send('command', encode(preview));
  expect(t.received).toHaveLength(1);
});
