import { describe, expect, test } from 'vitest';
import { decode, encodePicture } from '../../../shared/contract/codec.ts';
import { report as reportSchema } from '../../../shared/contract/messages/report.ts';
import { status } from '../../../shared/contract/messages/status.ts';
import { until } from '../../support/until.ts';
import { many, setup } from './setup.ts';

describe('state report and status', () => {
  const of = (t: Awaited<ReturnType<typeof setup>>, channel: string) =>
    t.hub.messages.filter((m) => m.channel === channel);

  test('says that it is there, what it runs, and farewell', async () => {
    const t = await setup();
    t.sync.start();
    await t.hub.sees(() => of(t, 'report').length === 1);
    const online = of(t, 'status')[0];
    expect(online?.retain).toBe(true);
    expect(status.parse(decode(online?.payload ?? Buffer.alloc(0), 1e4))).toEqual({
      online: true,
      version: '1',
      boot: 'b1',
      epoch: t.outbox.epoch,
    });
    expect(reportSchema.parse(decode(of(t, 'report')[0]?.payload ?? Buffer.alloc(0), 1e6)).boot).toBe('b1');
    t.sync.changed();
    t.sync.changed();
    await t.hub.sees(() => of(t, 'report').length === 2);
    await t.sync.stop();
    expect(decode(of(t, 'status').at(-1)?.payload ?? Buffer.alloc(0), 1e4)).toEqual({ online: false });
    expect(of(t, 'report')).toHaveLength(2);
  });

  test('a device that goes without a word leaves its last will', async () => {
    const t = await setup();
    const wills: Buffer[] = [];
    t.sync.start();
    await t.hub.sees(() => of(t, 'report').length === 1);
    t.broker().aedes.on('publish', (packet) => {
      if (packet.topic.endsWith('/status')) wills.push(Buffer.from(packet.payload));
    });
    t.broker().cut();
    await until(() => wills.length > 0, 'the last will');
    expect(decode(wills[0] ?? Buffer.alloc(0), 1e4)).toEqual({ online: false });
    // It comes back by itself and says so.
    await t.hub.sees(() => of(t, 'report').length === 2);
  });

  test('pictures go only while connected, one at a time, never too large', async () => {
    const t = await setup();
    const picture = encodePicture({ stream: 'door' }, Buffer.alloc(1000));
    expect(t.sync.preview(picture)).toBe(false);
    t.sync.start();
    await until(() => t.sync.state().connected, 'a connection');
    expect(t.sync.preview(Buffer.alloc(3_000_000))).toBe(false);
    expect(t.sync.preview(picture)).toBe(true);
    expect(t.sync.preview(picture)).toBe(false);
    await t.hub.sees(() => of(t, 'preview').length === 1);
    expect(of(t, 'preview')[0]?.payload).toEqual(picture);
    await until(() => t.sync.preview(picture), 'the next picture');
  });

  test('a sample is kept for nobody, and its sender hears whether it went', async () => {
    const t = await setup();
    const sample = Buffer.from('a picture and what the box thinks of it');
    await expect(t.sync.send('sample', sample)).rejects.toThrow(/./);
    t.sync.start();
    await until(() => t.sync.state().connected, 'a connection');
    await t.sync.send('sample', sample);
    // The broker answers before it passes the message on.
    await t.hub.sees(() => of(t, 'sample').length > 0);
    expect(of(t, 'sample')).toEqual([{ channel: 'sample', payload: sample, retain: false }]);
  });

  test('a refused token: nothing is sent, stopping is quick', async () => {
    const t = await setup({ token: 'wrong' });
    let refused = 0;
    t.broker().aedes.on('clientError', () => refused++);
    await t.outbox.append(many(0, 5));
    t.sync.start();
    await until(() => refused >= 2, 'tries');
    expect(t.sync.state().connected).toBe(false);
    expect(t.hub.messages).toEqual([]);
    expect(t.outbox.state().waiting).toBe(5);
  });
});
