/** A whole agent and a whole hub on a Mosquitto that speaks only TLS, with MQTT 5. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createHubProgram } from '../support/hub-program.ts';
import { hasMosquitto, prepareMosquitto, withoutMosquitto } from '../support/mosquitto.ts';
import { waveRows, writeCsv, writeWaveModel } from '../support/sensor.ts';
import { configureAgent, ledgerOf, startAgent } from '../support/stack.ts';
import { tempFolder } from '../support/temp.ts';
import { until } from '../support/until.ts';

test.skipIf(!hasMosquitto)(`records arrive over TLS and MQTT 5${withoutMosquitto}`, { timeout: 60_000 }, async () => {
  const folder = tempFolder();
  const [certFile, keyFile] = [path.join(folder, 'cert.pem'), path.join(folder, 'key.pem')];
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
  const args = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
  execFileSync('openssl', [...args, '-keyout', keyFile, '-out', certFile, ...subject], { stdio: 'ignore' });
  const broker = await prepareMosquitto(path.join(folder, 'mosquitto'), { tls: { certFile, keyFile } });
  onTestFinished(() => broker.kill());
  await broker.start();
  const { username, passwordFile } = broker.hub;
  const hub = createHubProgram(path.join(folder, 'hub'), [
    ...['--mqtt-url', broker.url, '--mqtt-username', username],
    ...['--mqtt-password-file', passwordFile, '--mqtt-ca-file', certFile],
  ]);
  onTestFinished(() => hub.kill());
  await hub.start();
  const api = (route: string, init?: { body: unknown }) => hub.api(route, init?.body);
  const configFile = await configureAgent(
    folder,
    { api, mqttPort: broker.port },
    {
      hub: { url: broker.url, tokenFile: './device.token', version: '5', caFile: certFile },
      models: { wave: await writeWaveModel(folder) },
      streams: {
        machine: {
          kind: 'sensor',
          model: 'wave',
          source: { url: writeCsv(folder, 'series.csv', waveRows(300)), speed: 50 },
        },
      },
    },
  );
  broker.setTokens({ box: readFileSync(path.join(folder, 'agent', 'device.token'), 'utf8') });
  const agent = startAgent(configFile);
  const ledger = await until(async () => (await ledgerOf({ api })).find((l) => l.records >= 3), 'records arrive');
  expect(ledger.gaps).toEqual([]);
  agent.process.kill('SIGTERM');
  expect((await agent.ended).code).toBe(0);
});
