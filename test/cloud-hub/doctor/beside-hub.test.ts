/** The doctor beside a hub on a broker that takes all connections of a user for one client. */
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { freePort } from '../../support/free-port.ts';
import { hasMosquitto, prepareMosquitto, withoutMosquitto } from '../../support/mosquitto.ts';
import { runProgram, startProgram } from '../../support/program.ts';
import { tempFolder } from '../../support/temp.ts';
import { until } from '../../support/until.ts';

test.skipIf(!hasMosquitto)(
  `a hub keeps its connection while a doctor looks at it${withoutMosquitto}`,
  async () => {
    const folder = tempFolder();
    const broker = await prepareMosquitto(path.join(folder, 'broker'));
    onTestFinished(() => broker.kill());
    await broker.start();
    const dataDir = path.join(folder, 'hub');
    const login = ['--mqtt-username', broker.hub.username, '--mqtt-password-file', broker.hub.passwordFile];
    const settings = ['--data-dir', dataDir, '--http-port', String(await freePort()), ...login];
    const hub = startProgram('cloud-hub/main.js', ['run', '--mqtt-url', broker.url, ...settings]);
    const connections = () => hub.stderr().split('connected to the MQTT broker').length - 1;
    await until(() => connections() === 1, 'the hub is connected');

    const doctor = (...args: string[]) => runProgram('cloud-hub/main.js', ['doctor', ...settings, ...args]);
    const itself = await doctor('--mqtt-url', broker.url);
    expect(itself.stdout).toMatch(/hub .*is ready/);

    const other = broker.url.replace('127.0.0.1', 'localhost');
    const refused = await doctor('--mqtt-url', broker.url, '--broker', other);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toMatch(/a hub runs with mqtt:\/\/localhost:\d+ .* --beside-hub/s);
    expect(connections()).toBe(1);

    // The refusal has a reason: with the flag the hub has to connect again.
    startProgram('cloud-hub/main.js', ['doctor', ...settings, '--broker', broker.url, '--beside-hub']);
    await until(() => connections() > 1, 'the hub has to connect again');
  },
  60_000,
);
