/** TLS on both ports of the hub, judged by OpenSSL and by MQTT clients. */
import { type EventEmitter, once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import path from 'node:path';
import type { Duplex } from 'node:stream';
import { connect as connectTls } from 'node:tls';
import { connectAsync, MqttClient } from 'mqtt';
import { describe, expect, onTestFinished, test } from 'vitest';
import { channels, ownDownFilter, topicOf } from '../../../shared/contract/channels.ts';
import { HUB_NAME } from '../../../shared/pki/hub-name.ts';
import { handshake, openssl } from '../../support/openssl.ts';
import { secureHub } from '../../support/secure-hub.ts';
import { tempFolder } from '../../support/temp.ts';

const addDevice = async ({ request }: Awaited<ReturnType<typeof secureHub>>, id: string) => {
  const response = await request('/api/v1/devices', { body: { id } });
  return ((await response.json()) as { token: string }).token;
};

async function mqttOver(stream: Duplex, username: string, password: string): Promise<MqttClient> {
  const client = new MqttClient(() => stream, { clientId: username, username, password, reconnectPeriod: 0 });
  onTestFinished(() => void client.end(true));
  await once(client as unknown as EventEmitter, 'connect');
  return client;
}

test('OpenSSL takes the certificates of both ports under the authority, by name and by address, from TLS 1.2 on', async () => {
  const { hub, authority } = await secureHub({ config: { tlsNames: 'hub.example' } });
  const ca = ['-CAfile', authority.files.caFile, '-x509_strict'];
  for (const port of [hub.httpPort, hub.mqttPort]) {
    for (const name of ['localhost', 'hub.example', HUB_NAME])
      expect((await handshake(port, [...ca, '-verify_hostname', name])).text).toMatch(/Verify return code: 0 \(ok\)/);
    for (const version of ['-tls1_2', '-tls1_3'])
      expect((await handshake(port, [...ca, '-verify_ip', '127.0.0.1', version])).ok, version).toBe(true);
    expect((await handshake(port, [...ca, '-verify_hostname', 'other.example'])).ok).toBe(false);
    // Its security level 0 would let it speak the old versions.
    for (const version of ['-tls1', '-tls1_1']) {
      const old = await handshake(port, [...ca, version, '-cipher', 'ALL:@SECLEVEL=0']);
      expect([old.ok, /alert protocol version/.test(old.text)], version).toEqual([false, true]);
    }
    // Plain text gets no answer.
  }
});

test('/metrics says when the certificate in use ends', async () => {
  const { hub, authority, request } = await secureHub();
  const { text } = await handshake(hub.httpPort, ['-CAfile', authority.files.caFile]);
  const end = (await openssl(['x509', '-noout', '-enddate'], text)).text.replace('notAfter=', '');
  const name = 'vedette_tls_certificate_expiry_timestamp_seconds';
  expect(await (await request('/metrics')).text()).toContain(`\n${name} ${Date.parse(end) / 1000}\n`);
});

test('a restart keeps authority and certificate; a new name brings a new certificate of the same authority', async () => {
  const folder = tempFolder();
  const serialOf = async (port: number) => {
    const { text } = await handshake(port, ['-CAfile', path.join(folder, 'pki/ca.pem')]);
    return (await openssl(['x509', '-noout', '-serial'], text)).text;
  };

  const seen: [string, string][] = [];
  for (const tlsNames of ['a.example', 'a.example', 'a.example,b.example']) {
    const { hub, authority } = await secureHub({ folder, config: { tlsNames } });
    seen.push([authority.fingerprint(), await serialOf(hub.httpPort)]);
    await hub.stop();
  }
  const [first, second, third] = seen;
  expect(second).toEqual(first);
  expect(third?.[0]).toBe(first?.[0]);
  expect(third?.[1]).not.toBe(first?.[1]);
});

describe('MQTT', () => {
  test.each(['mqtts', 'wss'] as const)('over %s: messages of every size arrive, and answers too', async (how) => {
    const world = await secureHub();
    const token = await addDevice(world, 'gate');
    const client = await mqttOver(await world.mqtt(how), 'gate', token);
    await client.subscribeAsync(ownDownFilter('gate'), { qos: 1 });
    const acked = once(client as unknown as EventEmitter, 'message');
    // It is larger than a frame of a WebSocket may be.
    const batch = {
      epoch: 'a'.repeat(16),
      from: 1,
      to: 1,
      records: [{ note: 'x'.repeat(channels.records.maxBytes / 8) }],
    };
    await client.publishAsync(topicOf('gate', 'records'), JSON.stringify(batch), { qos: 1 });
    expect((await acked)[0]).toBe(topicOf('gate', 'ack'));
  });

  test('over the port of HTTPS, when the client offers the protocol mqtt (ALPN)', async () => {
    const world = await secureHub();
    const token = await addDevice(world, 'gate');
    const [root] = world.authority.roots();
    const socket = connectTls({
      port: world.hub.httpPort,
      host: '127.0.0.1',
      ca: root?.toString() ?? '',
      ALPNProtocols: ['mqtt'],
    });
    await once(socket, 'secureConnect');
    expect(socket.alpnProtocol).toBe('mqtt');
    const client = await mqttOver(socket, 'gate', token);
    expect(client.connected).toBe(true);
    // And a client that offers something else only is turned away in the handshake.
    const other = connectTls({
      port: world.hub.mqttPort,
      host: '127.0.0.1',
      ca: root?.toString() ?? '',
      ALPNProtocols: ['h2'],
    });
    await expect(once(other, 'secureConnect')).rejects.toThrow(/alert no application protocol/);
  });

  test('the clients that people have get in with the authority, and not without', async () => {
    const world = await secureHub();
    const token = await addDevice(world, 'gate');
    const [root] = world.authority.roots();
    const options = { username: 'gate', password: token, reconnectPeriod: 0, connectTimeout: 5_000 };
    for (const url of [`mqtts://localhost:${world.hub.mqttPort}`, `wss://localhost:${world.hub.httpPort}/mqtt`]) {
      const client = await connectAsync(url, { ...options, ca: root?.toString() ?? '' });
      await client.endAsync();
      await expect(connectAsync(url, options)).rejects.toThrow(/self-signed certificate|unable to verify|local issuer/);
    }
  });
});

test('the certificate of files is used, and a pair that does not fit is refused with its setting', async () => {
  const folder = tempFolder();
  const at = (name: string) => path.join(folder, name);
  const make = (name: string) =>
    openssl(
      ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'].concat([
        ...['-keyout', at(`${name}.key`), '-out', at(`${name}.pem`), '-subj', '/CN=given'],
        ...['-addext', 'subjectAltName=DNS:hub.example'],
      ]),
    );
  await make('a');
  await make('b');
  writeFileSync(at('none'), 'nothing');
  const given = (tlsCert: string, tlsKey: string) => ({ tls: false, tlsCert: at(tlsCert), tlsKey: at(tlsKey) });
  const { hub } = await secureHub({ config: given('a.pem', 'a.key') });
  expect((await handshake(hub.mqttPort, ['-CAfile', at('a.pem'), '-verify_hostname', 'hub.example'])).ok).toBe(true);
  await expect(secureHub({ config: given('a.pem', 'b.key') })).rejects.toThrow(/key values mismatch/);
  await expect(secureHub({ config: given('none', 'a.key') })).rejects.toThrow(
    /--tls-cert: .*none.*no certificate in PEM form/,
  );
  await expect(secureHub({ config: given('missing', 'a.key') })).rejects.toThrow(/--tls-cert: .*ENOENT/);
});

test('a session cookie over TLS is Secure', async () => {
  const { request, token } = await secureHub();
  const response = await request('/api/v1/sign-in', { body: { token }, headers: { authorization: '' } });
  expect(response.headers.get('set-cookie')).toMatch(/vedette_session=.*; HttpOnly; Secure; SameSite=Strict/);
});

test('under TLS too the connections that say nothing, or nothing after the handshake, make room for those who do', async () => {
  const hub = await secureHub({ openFiles: 200 });
  const token = await addDevice(hub, 'cam');
  const sockets: Socket[] = [];
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
  });
  const keep = (socket: Socket) => {
    socket.on('error', () => undefined);
    sockets.push(socket);
  };
  for (const port of [hub.hub.httpPort, hub.hub.mqttPort]) {
    for (let n = 0; n < 150; n++) keep(connect(port, '127.0.0.1'));
    for (let n = 0; n < 60; n++) keep(connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false }));
  }
  expect((await hub.request('/api/v1/devices')).status).toBe(200);
  const cam = await mqttOver(await hub.mqtt('mqtts'), 'cam', token);
  await cam.publishAsync(topicOf('cam', 'status'), Buffer.from('{"online":true}'), { qos: 1 });
  // And what is in use stays.
  for (let n = 0; n < 150; n++) keep(connect(hub.hub.mqttPort, '127.0.0.1'));
  await cam.publishAsync(topicOf('cam', 'status'), Buffer.from('{"online":true}'), { qos: 1 });
  expect((await hub.request('/api/v1/devices/cam')).status).toBe(200);
});
