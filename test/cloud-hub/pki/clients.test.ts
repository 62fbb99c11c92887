/** Devices that prove themselves with a certificate: MQTT, downloads, renewal, and their end. */
import { type EventEmitter, once } from 'node:events';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { MqttClient } from 'mqtt';
import { describe, expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../../shared/kit/clock.ts';
import type { ClientCredentials } from '../../../shared/pki/dial.ts';
import { keyPem, newKey } from '../../../shared/pki/keys.ts';
import { certificatesOf } from '../../../shared/pki/pem.ts';
import { openssl } from '../../support/openssl.ts';
import { enrolled, renewedFor, type SecureHub, secureHub } from '../../support/secure-hub.ts';
import { tempFolder } from '../../support/temp.ts';

const DAY_MS = 86_400_000;

async function hubAt(config: Record<string, unknown> = {}) {
  const shift = { ms: 0 };
  const clock = { ...systemClock, wall: () => systemClock.wall() + shift.ms };
  return { shift, hub: await secureHub({ clock, config }) };
}

/** Connects; the client, or why it was refused. */
async function connect(
  hub: SecureHub,
  credentials: ClientCredentials,
  more: object = {},
  how: 'mqtts' | 'wss' = 'mqtts',
) {
  const stream = await hub.mqtt(how, credentials);
  const client = new MqttClient(() => stream, { clientId: 'anything', reconnectPeriod: 0, ...more });
  onTestFinished(() => void client.end(true));
  const events = client as unknown as EventEmitter;
  const closed = once(events, 'close').then(() => 'closed', String);
  const connected = once(events, 'connect').then(
    () => client,
    (error: unknown) => String(error),
  );
  return Promise.race([connected, closed]);
}

const refused = /Not authorized|Bad username|closed/;

test('a device that presents its certificate without that of its issuer is known too', async () => {
  const hub = await secureHub();
  const { key, cert } = await enrolled(hub, 'cam');
  const [leaf] = certificatesOf(String(cert));
  const client = (await connect(hub, { key, cert: String(leaf) })) as MqttClient;
  expect(client.connected).toBe(true);
});

test.each(['mqtts', 'wss'] as const)('over %s the certificate says who it is: no name, no password', async (how) => {
  const hub = await secureHub();
  const cam = await enrolled(hub, 'cam');
  const client = (await connect(hub, cam, {}, how)) as MqttClient;
  expect(client.connected).toBe(true);
  // Its own topics, and no others: the connection ends.
  await client.publishAsync('vedette/v1/cam/up/status', '{}', { qos: 1 });
  const over = once(client as unknown as EventEmitter, 'close');
  client.publish('vedette/v1/other/up/status', '{}', { qos: 1 });
  await over;
  // Another name beside the certificate is refused, and so is a will of another.
  expect(await connect(hub, cam, { username: 'other', password: 'x' }, how)).toMatch(refused);
  const will = { topic: 'vedette/v1/other/up/status', payload: '', qos: 1 as const };
  expect(await connect(hub, cam, { will }, how)).toMatch(refused);
});

test('a package is fetched with the certificate alone; without any, and with one of another hub, it is not', async () => {
  const [hub, other] = [await secureHub(), await secureHub()];
  const [cam, foreign] = [await enrolled(hub, 'cam'), await enrolled(other, 'cam')];
  const route = `/api/v1/delivery/packages/sha256:${'0'.repeat(64)}`;
  const status = async (credentials: ClientCredentials | undefined) =>
    (await hub.request(route, { ...(credentials ? { credentials } : {}), headers: { authorization: '' } })).status;
  // There is none of this digest, which only who may fetch is told.
  expect([await status(cam), await status(undefined), await status(foreign)]).toEqual([404, 401, 401]);
  // A device is no viewer.
  expect((await hub.request('/api/v1/devices', { credentials: cam })).status).toBe(401);
});

describe('the end of a certificate', () => {
  test('revoked: the connection ends within five seconds, and no way leads back', async () => {
    const hub = await secureHub();
    const [cam, spare] = [await enrolled(hub, 'cam'), await enrolled(hub, 'spare')];
    const [client, bystander] = [(await connect(hub, cam)) as MqttClient, (await connect(hub, spare)) as MqttClient];
    const over = once(client as unknown as EventEmitter, 'close');
    const began = systemClock.mono();
    const answer = await hub.request('/api/v1/devices/cam/revoke', { body: { reason: 'stolen' } });
    expect(await answer.json()).toEqual({ certificates: 1 });
    await over;
    expect(systemClock.mono() - began).toBeLessThan(5_000);
    expect(await connect(hub, cam)).toMatch(refused);
    expect(await renewedFor(hub, 'cam', cam)).toMatchObject({
      status: 401,
      detail: expect.stringMatching(/certificate revoked/),
    });
    expect(bystander.connected).toBe(true);

    // OpenSSL reads the same from the list.
    const folder = tempFolder();
    const at = (name: string, text: string) => {
      writeFileSync(path.join(folder, name), text);
      return path.join(folder, name);
    };
    const list = await (await hub.request('/api/v1/pki/crl.pem')).text();
    const judged = async ({ cert }: ClientCredentials) => {
      const [leaf, ...above] = certificatesOf(cert);
      const files = ['-CAfile', hub.authority.files.caFile, '-untrusted', at('above.pem', above.join('\n'))];
      return (
        await openssl(['verify', '-crl_check', '-CRLfile', at('crl.pem', list), ...files, at('leaf.pem', `${leaf}`)])
      ).text;
    };
    expect(await judged(cam)).toMatch(/certificate revoked/);
    expect(await judged(spare)).toMatch(/leaf\.pem: OK/);
  });

  test('deleted: the device and its connection are gone; its name with a new claim is a new device', async () => {
    const hub = await secureHub();
    const cam = await enrolled(hub, 'cam');
    const client = (await connect(hub, cam)) as MqttClient;
    const over = once(client as unknown as EventEmitter, 'close');
    expect((await hub.request('/api/v1/devices/cam', { method: 'DELETE' })).status).toBe(204);
    await over;
    expect(await connect(hub, cam)).toMatch(refused);
    const again = await enrolled(hub, 'cam');
    expect(((await connect(hub, again)) as MqttClient).connected).toBe(true);
    // The certificate of the device before it stays what it is.
    expect(await connect(hub, cam)).toMatch(refused);
    expect(await renewedFor(hub, 'cam', cam)).toMatchObject({ status: 401 });
  });

  test('expired: no MQTT, but a renewal for as long as the operator allows', async () => {
    const { hub, shift } = await hubAt({ graceDays: 10 });
    const cam = await enrolled(hub, 'cam');
    shift.ms = 30 * DAY_MS + 3600_000;
    expect(await connect(hub, cam)).toMatch(refused);
    shift.ms = 39 * DAY_MS;
    const late = await renewedFor(hub, 'cam', cam);
    expect(late.status).toBe(200);
    // Its begin lies in the future of this process: the hub's clock counts.
    expect(((await connect(hub, late.credentials)) as MqttClient).connected).toBe(true);
    shift.ms = 41 * DAY_MS;
    expect(await renewedFor(hub, 'cam', cam)).toMatchObject({
      status: 403,
      detail: expect.stringMatching(/more than 10 days ago/),
    });
  });
});

describe('a renewal', () => {
  test('gives a new key a certificate; the same again gives the same; both work until the old one ends', async () => {
    const hub = await secureHub();
    const cam = await enrolled(hub, 'cam');
    const key = keyPem(newKey());
    const first = await renewedFor(hub, 'cam', cam, key);
    expect(first.status).toBe(200);
    expect((await renewedFor(hub, 'cam', cam, key)).credentials).toEqual(first.credentials);
    for (const credentials of [cam, first.credentials])
      expect(((await connect(hub, credentials)) as MqttClient).connected).toBe(true);
  });

  test('is refused without a certificate, for another name, by another device, and for the key in use', async () => {
    const [hub, foreignHub] = [await secureHub(), await secureHub()];
    const [cam, other] = [await enrolled(hub, 'cam'), await enrolled(hub, 'other')];
    const foreign = await enrolled(foreignHub, 'cam');
    const none = await hub.request('/api/v1/renew', { body: { request: 'x' } });
    expect([none.status, ((await none.json()) as { detail: string }).detail]).toEqual([
      401,
      expect.stringMatching(/no client certificate/),
    ]);
    expect(await renewedFor(hub, 'cam', other)).toMatchObject({
      status: 403,
      detail: expect.stringMatching(/one of "other"/),
    });
    expect(await renewedFor(hub, 'cam', foreign)).toMatchObject({
      status: 401,
      detail: expect.stringMatching(/foreign certificate/),
    });
    expect(await renewedFor(hub, 'cam', cam, cam.key)).toMatchObject({
      status: 403,
      detail: expect.stringMatching(/new key/),
    });
    // The certificate of the hub is one of the same authority, and of no device.
    const server = hub.authority.files.server();
    const asHub = { key: keyPem(server?.key ?? newKey()), cert: `${server?.certificate}\n${hub.authority.chain()}` };
    expect(await renewedFor(hub, 'Vedette hub', asHub)).toMatchObject({ status: 401 });
  });
});

test('a device with a token goes on as before beside devices with certificates', async () => {
  const hub = await secureHub();
  await enrolled(hub, 'cam');
  const { token } = (await (await hub.request('/api/v1/devices', { body: { id: 'old' } })).json()) as { token: string };
  const stream = await hub.mqtt('mqtts');
  const client = new MqttClient(() => stream, { username: 'old', password: token, reconnectPeriod: 0 });
  onTestFinished(() => void client.end(true));
  await once(client as unknown as EventEmitter, 'connect');
  // A device with a certificate has no token that could be guessed: not even an empty one.
  const second = await hub.mqtt('mqtts');
  const tried = new MqttClient(() => second, { username: 'cam', password: '', reconnectPeriod: 0 });
  onTestFinished(() => void tried.end(true));
  const [error] = (await once(tried as unknown as EventEmitter, 'error')) as [Error];
  expect(error.message).toMatch(/Bad username|Not authorized/i);
});
