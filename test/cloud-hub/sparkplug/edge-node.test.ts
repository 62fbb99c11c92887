/** A bridge between a real hub and a real Mosquitto; what it says is decoded by the library of Eclipse Tahu. */
import { connectAsync } from 'mqtt';
import sparkplug from 'sparkplug-payload';
import { expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { clientOver } from '../../../cloud-hub/client/client.ts';
import { createCounter, readPresent } from '../../../cloud-hub/commands/sparkplug.ts';
import { EdgeNode } from '../../../cloud-hub/sparkplug/edge-node.ts';
import { systemClock } from '../../../shared/kit/clock.ts';
import { createLogger } from '../../../shared/kit/log.ts';
import { hasMosquitto, startOpenMosquitto, withoutMosquitto } from '../../support/mosquitto.ts';
import { until } from '../../support/until.ts';
import { eventRecord, type TestHub, testDevice, testHub } from '../support.ts';

const tahu = sparkplug.get('spBv1.0');
if (!tahu) throw new Error('sparkplug-payload knows no spBv1.0');
/** Tahu gives 64 bits as objects of `long`. */
const long = z.preprocess(
  (value) => (typeof value === 'object' && value !== null ? Number(String(value)) : value),
  z.number(),
);
const payload = z.looseObject({
  timestamp: long,
  seq: long.optional(),
  metrics: z
    .array(z.looseObject({ name: z.string().nullish(), alias: long.optional(), type: z.string(), value: z.unknown() }))
    .default([]),
});

async function broker() {
  const { url, restart } = await startOpenMosquitto();
  const host = await connectAsync(url);
  onTestFinished(() => {
    host.end(true);
  });
  const heard: {
    kind: string;
    device: string | undefined;
    seq: number | undefined;
    metrics: Record<string, unknown>[];
  }[] = [];
  host.on('message', (topic, bytes, { retain }) => {
    const [space, group, kind = '', node, device] = topic.split('/');
    expect([space, group, node, retain]).toEqual(['spBv1.0', 'plant', 'hub', false]);
    if (kind === 'NCMD') return;
    const { seq, metrics } = payload.parse(tahu?.decodePayload(bytes));
    heard.push({
      kind,
      device,
      seq,
      metrics: metrics.map((one) => ({
        ...one,
        value: Number.isNaN(Number(one.value)) || typeof one.value === 'boolean' ? one.value : Number(one.value),
      })),
    });
  });
  await host.subscribeAsync('spBv1.0/#', { qos: 1 });
  return { url, host, heard, restart };
}

async function bridge(url: string, hub: TestHub) {
  const log = createLogger('test', 'silent');
  const connection = { url, retryMs: { first: 50, max: 200 } };
  const edge = new EdgeNode({ connection, group: 'plant', node: 'hub', clock: systemClock, log });
  const words = { unreachable: String, refused: String, garbled: String };
  const headers = { authorization: `Bearer ${hub.token}` };
  const client = clientOver({ base: `${hub.url}/api/v1`, fetch, init: () => ({ headers }), words });
  const counter = createCounter(client);
  const look = async () => edge.update(await readPresent(client, counter));
  await look();
  edge.start();
  onTestFinished(() => edge.stop());
  return { edge, look };
}

const report = (rules: string[], fps: number) => ({
  ...{ version: '1.0.0', boot: 'b1', config: 'c1', process: { rssMb: 1, uptimeS: 1 } },
  host: { platform: 'linux', arch: 'x64', cpus: 4, memoryMb: 100, name: 'box' },
  outbox: { epoch: 'e1', waiting: 0, bytes: 0, lastSeq: 0 },
  streams: [
    { id: 'door', state: 'running', source: 'rtsp://x', fps, rules: rules.map((name) => ({ name, kind: 'zone' })) },
  ],
});

test.skipIf(!hasMosquitto)(
  `a node is born, tells of its devices, is born again when asked, and dies${withoutMosquitto}`,
  async () => {
    const { url, host, heard, restart } = await broker();
    const hub = await testHub();
    const cam = await testDevice(hub, 'cam');
    const reported = async (rules: string[], fps: number) => {
      await cam.publish('report', report(rules, fps));
      await until(async () => {
        const { streams } = await hub.json<{ streams: { fps: number }[] }>('/devices/cam');
        return streams[0]?.fps === fps;
      }, 'the report');
    };
    await reported(['enter'], 5);
    const { edge, look } = await bridge(url, hub);
    const birth = await until(() => heard.find(({ kind }) => kind === 'DBIRTH'), 'the birth of the device');
    expect(heard.map(({ kind, device, seq }) => [kind, device, seq])).toEqual([
      ['NBIRTH', undefined, 0],
      ['DBIRTH', 'cam', 1],
    ]);
    const named = (metrics: Record<string, unknown>[]) => metrics.map(({ name, type, value }) => [name, type, value]);
    expect(named(heard[0]?.metrics ?? [])).toEqual([
      ['bdSeq', 'Int64', expect.any(Number)],
      ['Node Control/Rebirth', 'Boolean', false],
    ]);
    expect(named(birth.metrics)).toEqual([
      ['Version', 'String', '1.0.0'],
      ['door/State', 'String', 'running'],
      ['door/FPS', 'Double', 5],
      ['door/enter/Events', 'Int64', 0],
    ]);
    const aliases = new Map(birth.metrics.map(({ name, alias }) => [name, alias]));
    expect(new Set(aliases.values()).size).toBe(4);

    await cam.publish('records', { epoch: 'e1', from: 1, to: 1, records: [eventRecord(1)] });
    await cam.nextAck();
    await look();
    const data = await until(() => heard.find(({ kind }) => kind === 'DDATA'), 'data');
    // By alias alone, and only what has changed.
    expect(data).toMatchObject({
      device: 'cam',
      seq: 2,
      metrics: [{ alias: aliases.get('door/enter/Events'), value: 1 }],
    });
    expect(data.metrics).toHaveLength(1);
    await look();

    await reported(['enter', 'leave'], 6);
    await look();
    await until(() => heard.filter(({ kind }) => kind === 'DBIRTH').length === 2, 'another birth');
    expect(heard.at(-1)).toMatchObject({ kind: 'DBIRTH', seq: 3 });
    expect(heard.at(-1)?.metrics.find(({ name }) => name === 'door/enter/Events')).toMatchObject({
      value: 1,
      alias: aliases.get('door/enter/Events'),
    });

    heard.length = 0;
    const rebirth = tahu?.encodePayload({
      timestamp: 1,
      metrics: [{ name: 'Node Control/Rebirth', type: 'Boolean', value: true }],
    });
    await host.publishAsync('spBv1.0/plant/NCMD/hub', Buffer.from('no payload'), { qos: 1 });
    await host.publishAsync('spBv1.0/plant/NCMD/hub', Buffer.from(rebirth ?? []), { qos: 1 });
    await until(() => heard.length === 2, 'the rebirth');
    expect(heard.map(({ kind, seq }) => [kind, seq])).toEqual([
      ['NBIRTH', 0],
      ['DBIRTH', 1],
    ]);
    const number = heard[0]?.metrics.find(({ name }) => name === 'bdSeq')?.value;

    cam.client.end(true);
    await until(async () => (await hub.json<{ online: boolean }>('/devices/cam')).online === false, 'offline');
    await look();
    await until(() => heard.some(({ kind }) => kind === 'DDEATH'), 'the death of the device');
    expect(heard.at(-1)).toMatchObject({ kind: 'DDEATH', device: 'cam', seq: 2, metrics: [] });

    // Cut off: births again, with another number.
    await restart();
    await until(() => host.connected, 'the listener is back');
    // The listener was cut off too: a birth that came before it listened again is gone, so it asks, as a host application does.
    await host.subscribeAsync('spBv1.0/#', { qos: 1 });
    await until(async () => {
      await look();
      await host.publishAsync('spBv1.0/plant/NCMD/hub', Buffer.from(rebirth ?? []), { qos: 1 });
      return heard.filter(({ kind }) => kind === 'NBIRTH').length >= 2;
    }, 'a birth after the cut');
    const after = heard.findLast(({ kind }) => kind === 'NBIRTH')?.metrics.find(({ name }) => name === 'bdSeq')?.value;
    expect(after).toBe((Number(number) + 1) % 256);
    await edge.stop();
    await until(() => heard.some(({ kind }) => kind === 'NDEATH'), 'the death of the node');
    const death = heard.find(({ kind }) => kind === 'NDEATH');
    expect(death?.seq).toBeUndefined();
    expect(death?.metrics).toMatchObject([{ name: 'bdSeq', value: after }]);
  },
  90_000,
);
