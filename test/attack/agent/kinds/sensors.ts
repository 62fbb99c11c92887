/** A broker of sensors that sends anything: rows that are none, giant ones, floods, and bytes that are no MQTT. */
import { startBroker } from '../../../agent/sync/tiny-hub.ts';
import type { AgentAttack } from '../attack.ts';
import { startBox } from '../box.ts';

const ROWS = 10_000;

const texts: readonly ((random: () => number) => string | Buffer)[] = [
  () => '{"v":1e400}',
  () => '{"v":"NaN"}',
  () => '{"v":null}',
  () => '[]',
  () => '',
  () => `${'{"v":'.repeat(20_000)}1${'}'.repeat(20_000)}`,
  () => `{"__proto__":{"v":1},"constructor":{"v":2}}`,
  () => `{"v":${'9'.repeat(100_000)}}`,
  () => `{"t":"+275760-09-13T00:00:00Z","v":1}`,
  () => `{"t":-1e300,"v":1}`,
  () => JSON.stringify(Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`k${i}`, i]))),
  () => Buffer.alloc(300_000, 0xff),
  (random) => JSON.stringify({ v: (random() - 0.5) * 1e308 }),
];

export const sensors: AgentAttack = {
  name: 'hostile-sensors',
  summary: 'a broker of sensors sends rows that are none, giant messages, and floods',
  async run(folder, random) {
    const broker = await startBroker();
    const source = { url: broker.url, topic: 'plant/#', values: { v: '$.v' } };
    const rules = [{ name: 'odd', kind: 'anomaly' }];
    const pump = { kind: 'sensor', source, detector: 'online', rules };
    const box = await startBox(folder, { streams: { pump }, mostMb: 500 });
    const send = (payload: string | Buffer) =>
      new Promise<void>((resolve) =>
        broker.aedes.publish(
          { cmd: 'publish', topic: 'plant/pump', payload: Buffer.from(payload), qos: 0, retain: false, dup: false },
          () => resolve(),
        ),
      );
    try {
      for (let n = 0; n < ROWS; n++) {
        // Mostly rows as they should be, as fast as they go.
        const text = n % 20 === 0 ? texts[Math.floor(random() * texts.length)] : () => JSON.stringify({ v: random() });
        await send(text?.(random) ?? '');
      }
      const giants = 3;
      for (let n = 0; n < giants; n++) await send(Buffer.alloc(200 * 1024 * 1024, 0x20));
      const broken = await box.troubles();
      return { tried: ROWS + giants, broken, peakMb: box.peakMb() };
    } finally {
      await box.end();
      await broker.stop();
    }
  },
};
