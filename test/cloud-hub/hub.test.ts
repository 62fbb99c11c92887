/** The hub as a whole: what a start that fails leaves behind, what a restart knows, and which way messages take. */
import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { hubConfig } from '../../cloud-hub/config.ts';
import type { Device } from '../../cloud-hub/contract/device.ts';
import { startHub } from '../../cloud-hub/hub.ts';
import { systemClock } from '../../shared/kit/clock.ts';
import { createLogger } from '../../shared/kit/log.ts';
import { tempFolder } from '../support/temp.ts';
import { until } from '../support/until.ts';
import { testDevice, testHub } from './support.ts';

async function listening(): Promise<{ server: Server; port: number }> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
  });
  const address = server.address();
  return { server, port: typeof address === 'object' && address ? address.port : 0 };
}

const start = (config: Record<string, unknown>) =>
  startHub({
    config: hubConfig.parse({ httpPort: 0, mqttPort: 0, logLevel: 'silent', ...config }),
    version: '1.2.3',
    clock: systemClock,
    log: createLogger('test', 'silent'),
  });

describe('a start that fails', () => {
  test.each([
    [
      'httpPort',
      /^HTTP port 127\.0\.0\.1:\d+ is taken by another program: choose another with --http-port or VEDETTE_HTTP_PORT$/,
    ],
    [
      'mqttPort',
      /^MQTT port 127\.0\.0\.1:\d+ is taken by another program: choose another with --mqtt-port or VEDETTE_MQTT_PORT$/,
    ],
  ])('because its %s is taken says so, and holds nothing any more', async (which, message) => {
    const dataDir = tempFolder();
    const { server, port } = await listening();
    const other = await listening();
    other.server.close();
    await once(other.server, 'close');
    const free = which === 'httpPort' ? 'mqttPort' : 'httpPort';
    await expect(start({ dataDir, [which]: port, [free]: other.port })).rejects.toThrow(message);
    server.close();
    await once(server, 'close');
    // The folder and both ports are free again.
    const hub = await start({ dataDir, [which]: port, [free]: other.port });
    expect([hub.httpPort, hub.mqttPort].toSorted()).toEqual([port, other.port].toSorted());
    expect(hub.adminToken.created).toBeUndefined();
    await Promise.all([hub.stop(), hub.stop()]);
    await hub.stop();
  });

  test('because its address is not of this machine says so, and what to set', async () => {
    await expect(start({ dataDir: tempFolder(), host: '192.0.2.1' })).rejects.toThrow(
      /^192\.0\.2\.1 is no address of this machine: set --host$/,
    );
  });

  test('because its folder cannot be made says which, and how to choose another', async () => {
    const file = path.join(tempFolder(), 'file');
    writeFileSync(file, '');
    await expect(start({ dataDir: path.join(file, 'data') })).rejects.toThrow(
      /^cannot make the data folder .*file\/data \(.*\): choose another with --data-dir or VEDETTE_DATA_DIR$/,
    );
  });

  test.each([
    ['mqttPasswordFile', '--mqtt-password-file', {}],
    ['mqttCaFile', '--mqtt-ca-file', {}],
    ['mqttCertFile', '--mqtt-cert-file', { mqttKeyFile: 'key.pem' }],
    ['mqttKeyFile', '--mqtt-key-file', { mqttCertFile: import.meta.filename }],
  ])('because there is no %s names the setting', async (key, setting, beside) => {
    const dataDir = tempFolder();
    const missing = path.join(dataDir, 'missing');
    const config = { dataDir, mqttUrl: 'mqtts://127.0.0.1:1', ...beside, [key]: missing };
    await expect(start(config)).rejects.toThrow(new RegExp(`^${setting}: ENOENT.*missing`));
    // It holds the folder no longer.
    await (await start({ dataDir })).stop();
  });
});

test('a hub that starts again keeps its token and its devices, of which none is connected', async () => {
  const folder = path.join(tempFolder(), 'new', 'data');
  const first = await testHub({ folder });
  expect(first.hub.dataDir).toBe(folder);
  expect(existsSync(path.join(folder, 'hub.db'))).toBe(true);
  const cam = await testDevice(first, 'cam');
  await cam.publish('status', { online: true });
  const online = async (hub: typeof first) => (await hub.json<Device>('/devices/cam')).online;
  await until(() => online(first), 'it is online');
  await first.hub.stop();
  const second = await testHub({ folder });
  expect(second.token).toBe(first.token);
  expect(await online(second)).toBe(false);
  const back = await testDevice(second, 'cam', cam.token);
  await until(() => online(second), 'it is online again');
  back.client.end(true);
  await until(async () => !(await online(second)), 'it is gone');
});

test('lines of a log that cannot be read are counted, and a picture that nobody watches is not looked at', async () => {
  const hub = await testHub();
  const cam = await testDevice(hub, 'cam');
  await cam.publishRaw('preview', Buffer.from('no picture'));
  await cam.publishRaw('log', Buffer.from('x'));
  await cam.publish('status', { online: true, version: '7' });
  await until(async () => (await hub.json<Device>('/devices/cam')).version === '7', 'all have come');
  const metrics = await (await fetch(`${hub.url}/metrics`)).text();
  const refused = metrics.split('\n').filter((line) => line.startsWith('vedette_device_log_messages_total{'));
  expect(refused).toEqual(['vedette_device_log_messages_total{outcome="refused"} 1']);
  expect(metrics).not.toContain('not a picture');
});
