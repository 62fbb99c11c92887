/** A clock that is wrong, a certificate that is due, and what somebody on the wire sees. */
import { type EventEmitter, once } from 'node:events';
import { readdirSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { MqttClient } from 'mqtt';
import { expect, onTestFinished, test } from 'vitest';
import { loadConfig } from '../../../agent/config.ts';
import { enrol, filesOf } from '../../../agent/identity/enrol.ts';
import { readIdentity } from '../../../agent/identity/file.ts';
import { createRenewer } from '../../../agent/identity/renewer.ts';
import { readConnection } from '../../../agent/sync/connection.ts';
import { type Clock, systemClock } from '../../../shared/kit/clock.ts';
import { createLogger } from '../../../shared/kit/log.ts';
import { certificatesOf } from '../../../shared/pki/pem.ts';
import { newClaim, type SecureHub, secureHub } from '../../support/secure-hub.ts';
import { tempFolder } from '../../support/temp.ts';
import { until } from '../../support/until.ts';

async function enrolledBox(
  hub: SecureHub,
  device: string,
  more: { hub?: string; clock?: Clock; isSynced?: boolean } = {},
) {
  const folder = tempFolder();
  const clock = more.clock ?? systemClock;
  const isSynced = () => more.isSynced ?? true;
  const signal = new AbortController().signal;
  const claim = await newClaim(hub);
  const surroundings = { clock, isSynced };
  const url = more.hub ?? hub.url;
  await enrol({
    hub: url,
    claim,
    device,
    folder,
    reaches: async () => true,
    print: () => undefined,
    signal,
    ...surroundings,
  });
  const config = loadConfig(filesOf(folder).config);
  if (!config.hub) throw new Error('the configuration has no hub');
  return { folder, claim, hubConfig: config.hub, surroundings, files: filesOf(folder) };
}

test('with a clock at 1970 a box enrols, connects and tells an impostor from its hub', async () => {
  const [hub, impostor] = [await secureHub(), await secureHub()];
  const clock = { ...systemClock, wall: () => 0 };
  const { hubConfig, surroundings } = await enrolledBox(hub, 'gate', { clock, isSynced: false });
  const stream = await readConnection(hubConfig, 'gate', surroundings).broker.open?.(new AbortController().signal);
  stream?.destroy();
  expect(stream).toBeDefined();
  const url = `mqtts://127.0.0.1:${impostor.hub.mqttPort}`;
  const wrong = readConnection({ ...hubConfig, url }, 'gate', surroundings).broker.open?.(new AbortController().signal);
  await expect(wrong).rejects.toThrow(/not signed by an authority that is trusted/);
});

test('a certificate that is due is renewed, proven on a connection of its own, and takes the place of the old one', async () => {
  const hub = await secureHub();
  const { hubConfig, files } = await enrolledBox(hub, 'gate');
  const before = readIdentity(files.identity);
  // Not synchronised: it decides when to renew, and nothing else.
  const clock = { ...systemClock, wall: () => systemClock.wall() + 22 * 86_400_000 };
  const connection = readConnection(hubConfig, 'gate', { clock, isSynced: () => false });
  if (!connection.identity) throw new Error('there is no identity');
  const log = createLogger('test', 'silent');
  const renewer = createRenewer({ ...connection.identity, fetch: connection.fetch, clock, log });
  onTestFinished(() => renewer.stop());
  await renewer.start?.();
  await until(() => readIdentity(files.identity).current.certificate !== before.current.certificate, 'it is renewed');
  const after = readIdentity(files.identity);
  expect([after.next, after.current.key === before.current.key]).toEqual([undefined, false]);
  const items = (await (await hub.request('/api/v1/certificates?device=gate')).json()) as {
    items: { serial: string }[];
  };
  const serials = [after, before].map(({ current }) => certificatesOf(current.certificate)[0]?.serialNumber);
  expect(items.items.map(({ serial }) => serial)).toEqual(serials);
});

test('configuration and what changes may lie apart: as in /etc and /var/lib', async () => {
  const hub = await secureHub();
  const [folder, stateFolder] = [tempFolder(), tempFolder()];
  const signal = new AbortController().signal;
  await enrol({
    hub: hub.url,
    claim: await newClaim(hub),
    device: 'gate',
    folder,
    stateFolder,
    reaches: async () => true,
    print: () => undefined,
    signal,
    clock: systemClock,
    isSynced: () => true,
  });
  const config = loadConfig(filesOf(folder, stateFolder).config);
  expect([readdirSync(folder), readdirSync(stateFolder)]).toEqual([['agent.yaml'], ['identity.json']]);
  expect([config.dataDir, config.hub?.identityFile]).toEqual([`${stateFolder}/data`, `${stateFolder}/identity.json`]);
});

test('somebody on the wire sees nothing of what box and hub say', async () => {
  const hub = await secureHub();
  const seen: Buffer[] = [];
  const tap = async (port: number) => {
    const server = createServer((near) => {
      const far = connect(port, '127.0.0.1');
      for (const [from, to] of [
        [near, far],
        [far, near],
      ] as const) {
        from.on('data', (chunk) => seen.push(chunk));
        from.on('error', () => to.destroy());
        from.pipe(to);
      }
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    const address = server.address();
    return typeof address === 'object' && address ? address.port : 0;
  };
  const [http, mqtt] = [await tap(hub.hub.httpPort), await tap(hub.hub.mqttPort)];
  const { claim, hubConfig, surroundings, files } = await enrolledBox(hub, 'gate-seen', {
    hub: `https://127.0.0.1:${http}`,
  });
  const connection = readConnection({ ...hubConfig, url: `mqtts://127.0.0.1:${mqtt}` }, 'gate-seen', surroundings);
  const stream = await connection.broker.open?.(new AbortController().signal);
  if (!stream) throw new Error('there is no stream');
  const client = new MqttClient(() => stream, { clientId: 'x', reconnectPeriod: 0 });
  onTestFinished(() => void client.end(true));
  await once(client as unknown as EventEmitter, 'connect');
  await client.publishAsync(
    'vedette/v1/gate-seen/up/status',
    JSON.stringify({ online: true, note: 'a-person-was-here' }),
    { qos: 1 },
  );
  const wire = Buffer.concat(seen).toString('latin1');
  expect(wire.length).toBeGreaterThan(2_000);
  const { current } = readIdentity(files.identity);
  const secrets = [
    claim,
    claim.split('.')[1] ?? '',
    'gate-seen',
    'vedette/v1',
    'a-person-was-here',
    'HTTP/1.1 200',
    '-----BEGIN',
    '/api/v1/',
    current.key.slice(40, 90),
  ];
  expect(secrets.filter((text) => wire.includes(text))).toEqual([]);
});
