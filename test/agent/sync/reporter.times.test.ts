/** When the hub is told what, on a line and a clock in the test's hands; and pictures, which wait for nobody. */
import { describe, expect, test } from 'vitest';
import { PreviewSender } from '../../../agent/sync/preview.ts';
import { offlineMessage, Reporter } from '../../../agent/sync/reporter.ts';
import { channels, parseTopic } from '../../../shared/contract/channels.ts';
import { decode } from '../../../shared/contract/codec.ts';
import type { Report } from '../../../shared/contract/messages/report.ts';
import { keptLog } from '../../support/kept-log.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { FakeLink } from './fake-link.ts';

const report: Report = {
  version: '1.2.3',
  boot: 'b1',
  config: 'c1',
  host: { platform: 'linux', arch: 'x64', cpus: 2, memoryMb: 1024, name: 'box' },
  process: { rssMb: 100, uptimeS: 1 },
  outbox: { epoch: 'e1', waiting: 0, bytes: 0, lastSeq: 0 },
  streams: [],
};

function reporter() {
  const clock = new ManualClock();
  const link = new FakeLink();
  const { log, lines } = keptLog();
  const state = { builds: 0, fails: false };
  const build = () => {
    if (state.fails) throw new Error('no report');
    state.builds++;
    return { ...report, process: { rssMb: 100, uptimeS: state.builds } };
  };
  const part = new Reporter({ device: 'box', link, build, clock, log });
  const sent = () => link.published.map(({ message }) => parseTopic(message.topic)?.channel);
  return { clock, link, lines, state, part, sent };
}

describe('state report and status', () => {
  test('greets at each connection, reports each minute and a second after a burst of changes', async () => {
    const t = reporter();
    t.part.start();
    t.part.start();
    expect(t.link.listeners).toBe(1);
    await t.clock.advance(60_000);
    expect(t.state.builds).toBe(0);
    t.link.connect();
    expect(t.sent()).toEqual(['status', 'report']);
    const [status, first] = t.link.published.map(({ message }) => message);
    expect(status).toMatchObject({ qos: 1, retain: true });
    expect(first).toMatchObject({ qos: 1, retain: false });
    const content = (payload: Buffer | string | undefined) => decode(Buffer.from(payload ?? ''), 1e6);
    expect(content(status?.payload)).toEqual({ online: true, version: '1.2.3', boot: 'b1', epoch: 'e1' });
    expect(content(first?.payload)).toEqual({ ...report, process: { rssMb: 100, uptimeS: 1 } });
    await t.clock.advance(60_000);
    expect(t.sent().slice(2)).toEqual(['report']);
    t.part.changed();
    await t.clock.advance(500);
    t.part.changed();
    await t.clock.advance(499);
    expect(t.sent()).toHaveLength(3);
    await t.clock.advance(1);
    expect(t.sent().slice(3)).toEqual(['report']);
    await t.clock.advance(5_000);
    expect(t.sent()).toHaveLength(4);
    // The next change is another burst.
    t.part.changed();
    await t.clock.advance(1_000);
    expect(t.sent()).toHaveLength(5);
    // What is due anyway says it earlier.
    await t.clock.advance(52_500);
    t.part.changed();
    await t.clock.advance(500);
    expect(t.sent()).toHaveLength(6);
    await t.clock.advance(2_000);
    expect(t.sent()).toHaveLength(6);
    t.link.cut();
    t.part.changed();
    await t.clock.advance(61_000);
    expect(t.sent()).toHaveLength(6);
    t.link.connect();
    expect(t.sent().slice(6)).toEqual(['status', 'report']);
    t.part.changed();
    t.part.stop();
    await t.clock.advance(120_000);
    expect(t.sent()).toHaveLength(8);
    expect(t.link.listeners).toBe(0);
    expect(t.lines.every(({ level }) => level === 'info')).toBe(true);
  });

  test('started while connected it greets at once; after an end it can be started again and hears of changes', async () => {
    const t = reporter();
    t.link.connect();
    t.part.start();
    expect(t.sent()).toEqual(['status', 'report']);
    t.part.changed();
    t.part.stop();
    t.part.start();
    expect(t.sent()).toEqual(['status', 'report', 'status', 'report']);
    t.part.changed();
    await t.clock.advance(1_000);
    expect(t.sent().slice(4)).toEqual(['report']);
    t.part.stop();
  });

  test('a report that cannot be made or not be sent is told of, and the next one goes', async () => {
    const t = reporter();
    t.part.start();
    t.state.fails = true;
    t.link.connect();
    expect(t.sent()).toEqual([]);
    expect(t.lines).toMatchObject([{ level: 'error', err: { message: 'no report' } }]);
    t.state.fails = false;
    await t.clock.advance(60_000);
    expect(t.sent()).toEqual(['report']);
    t.link.published[0]?.fail('full');
    await t.clock.advance(0);
    expect(t.lines[1]).toMatchObject({
      level: 'info',
      channel: 'report',
      reason: 'full',
      msg: 'a message to the hub was not sent',
    });
    await t.clock.advance(60_000);
    expect(t.sent()).toEqual(['report', 'report']);
    t.part.stop();
  });

  test('the last will is small, retained and says that nobody is there', () => {
    const { topic, payload, qos, retain } = offlineMessage('box');
    expect({ ...parseTopic(topic), qos, retain }).toEqual({ device: 'box', channel: 'status', qos: 1, retain: true });
    expect(decode(Buffer.from(payload), channels.status.maxBytes)).toEqual({ online: false });
  });
});

describe('pictures', () => {
  const { maxBytes } = channels.preview;

  test('go one at a time, up to the bound; the next goes when the one before is written or lost', async () => {
    const link = new FakeLink();
    const sender = new PreviewSender('box', link);
    expect(sender.send(Buffer.alloc(1))).toBe(false);
    link.connect();
    expect(sender.send(Buffer.alloc(maxBytes + 1))).toBe(false);
    expect(sender.send(Buffer.alloc(maxBytes, 1))).toBe(true);
    expect(sender.send(Buffer.alloc(1))).toBe(false);
    expect(link.published[0]?.message).toMatchObject({ qos: 0, retain: false });
    expect(parseTopic(link.published[0]?.message.topic ?? '')).toEqual({ device: 'box', channel: 'preview' });
    link.published[0]?.confirm();
    await new Promise(setImmediate);
    expect(sender.send(Buffer.alloc(1))).toBe(true);
    link.published[1]?.fail('cut');
    await new Promise(setImmediate);
    expect(sender.send(Buffer.alloc(2))).toBe(true);
    expect(link.published.map(({ message }) => message.payload.length)).toEqual([maxBytes, 1, 2]);
  });
});
