import { describe, expect, test } from 'vitest';
import { encode } from '../../../shared/contract/codec.ts';
import { until } from '../../support/until.ts';
import { body } from '../buffer/fixture.ts';
import { setup } from './setup.ts';

describe('downlink', () => {
  const preview = { kind: 'preview', stream: 'door', seconds: 15, fps: 5, width: 640 } as const;

  test('commands come through; garbage, foreign shapes and bombs are counted and harm nothing', async () => {
    const t = await setup();
    t.sync.start();
    await until(() => t.sync.state().connected, 'a connection');
    t.hub.send('command', Buffer.from('{not json'));
    t.hub.send('command', Buffer.from([0x1f, 0x8b, 1, 2, 3]));
    t.hub.send('command', encode({ kind: 'format-disk' }));
    t.hub.send('command', encode({ ...preview, seconds: 1e9 }));
    t.hub.send('command', encode({ pad: 'x'.repeat(5_000_000) }));
    t.hub.send('command', Buffer.alloc(100_000, 0x20));
    t.hub.send('ack', encode({ epoch: 'e', upTo: -1 }));
    t.hub.send('ack', encode([1, 2, 3]));
    t.hub.send('verdict', encode({}));
    t.hub.send('command', Buffer.alloc(0));
    t.hub.send('command', encode(preview));
    await until(() => t.commands.length === 1, 'the command');
    expect(t.commands).toEqual([preview]);
    expect(t.sync.state().downlink).toMatchObject({ received: 11, invalid: 10, failed: 0 });
    await t.outbox.append(body(0));
    await t.drained(1);
  });

  test('a handler that fails does not hurt the connection', async () => {
    const t = await setup();
    t.commands.push = () => {
      throw new Error('handler');
    };
    t.sync.start();
    await until(() => t.sync.state().connected, 'a connection');
    t.hub.send('command', encode(preview));
    await until(() => t.sync.state().downlink.failed === 1, 'the failure');
    expect(t.sync.state().connected).toBe(true);
  });
});
