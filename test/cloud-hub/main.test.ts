/** The program as its user starts it. */
import { type ChildProcess, execFile, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { connectAsync } from 'mqtt';
import { describe, expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { deviceSecret, sequence } from '../../cloud-hub/contract/device.ts';
import { ownDownFilter, topicOf } from '../../shared/contract/channels.ts';
import { decode, encode } from '../../shared/contract/codec.ts';
import { ack } from '../../shared/contract/messages/batch.ts';
import { tempFolder } from '../support/temp.ts';
import { until } from '../support/until.ts';
import { eventRecord } from './support.ts';

const program = fileURLToPath(new URL('../../dist/cloud-hub/main.js', import.meta.url));
const ready = z.object({ type: z.literal('ready'), httpPort: z.number(), mqttPort: z.number() });

interface Outcome {
  code: number;
  stdout: string;
  stderr: string;
}

async function cli(args: string[], env: Record<string, string> = {}): Promise<Outcome> {
  try {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [program, ...args], {
      env: { ...process.env, ...env },
    });
    return { code: 0, stdout, stderr };
  } catch (error) {
    return error as Outcome;
  }
}

/** Starts it as a person does, who reads where it listens. */
async function start(
  folder: string,
): Promise<{ child: ChildProcess; stdout: () => string; httpPort: number; mqttPort: number }> {
  const args = ['run', '--data-dir', folder, '--http-port', '0', '--mqtt-port', '0', '--log-level', 'error'];
  const child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  let stdout = '';
  child.stdout.on('data', (text) => {
    stdout += text;
  });
  const printed = () => /http:\/\/127\.0\.0\.1:(\d+)\/.*mqtt:\/\/127\.0\.0\.1:(\d+).*sign in .*\n$/s.exec(stdout);
  const [, httpPort, mqttPort] = await until(printed, 'it says where it is');
  return { child, stdout: () => stdout, httpPort: Number(httpPort), mqttPort: Number(mqttPort) };
}

test('who starts it with a channel gets the ports as a message, and nothing is printed', async () => {
  const args = ['run', '--data-dir', tempFolder(), '--http-port', '0', '--mqtt-port', '0', '--log-level', 'error'];
  const child = fork(program, args, { stdio: ['ignore', 'pipe', 'inherit', 'ipc'] });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  let stdout = '';
  child.stdout?.on('data', (text) => {
    stdout += text;
  });
  const [message] = await once(child, 'message');
  const { httpPort, mqttPort } = ready.parse(message);
  expect((await fetch(`http://127.0.0.1:${httpPort}/healthz`)).status).toBe(200);
  expect(mqttPort).toBeGreaterThan(0);
  const exit = once(child, 'exit');
  // Its parent is gone.
  child.disconnect();
  expect(await exit).toEqual([0, null]);
  expect(stdout).toBe('');
});

describe('vedette-hub', () => {
  test('starts, says where it is, and stops in order', async () => {
    const folder = path.join(tempFolder(), 'new', 'data');
    const { child, stdout, httpPort } = await start(folder);
    const file = path.join(folder, 'admin.token');
    const token = readFileSync(file, 'utf8').trim();
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(stdout()).toContain(`http://127.0.0.1:${httpPort}/`);
    expect(stdout()).toContain(token);
    const exit = once(child, 'exit');
    child.kill('SIGTERM');
    expect(await exit).toEqual([0, null]);
    const again = await start(folder);
    expect(again.stdout()).not.toContain(token);
    expect(readFileSync(file, 'utf8').trim()).toBe(token);
  });

  test('devices are added and listed', async () => {
    const folder = tempFolder();
    const { httpPort } = await start(folder);
    const access = ['--url', `http://127.0.0.1:${httpPort}`, '--token-file', path.join(folder, 'admin.token')];
    const added = await cli(['device', 'add', 'cam', ...access]);
    expect(added.stdout).toMatch(/^[\w-]{43}\n$/);
    expect((await cli(['device', 'list', ...access])).stdout).toBe('cam\toffline\t-\tnever\n');
    const again = await cli(['device', 'add', 'cam', ...access]);
    expect(again.code).toBe(1);
    expect(again.stderr).toMatch(/409.*there is a device "cam" already/);
  });

  test('what was acknowledged survives kill -9', async () => {
    const folder = tempFolder();
    const first = await start(folder);
    const api = (port: number, target: string, body?: object) =>
      fetch(`http://127.0.0.1:${port}/api/v1${target}`, {
        method: body ? 'POST' : 'GET',
        headers: {
          authorization: `Bearer ${readFileSync(path.join(folder, 'admin.token'), 'utf8').trim()}`,
          ...(body ? { 'content-type': 'application/json' } : {}),
        },
        ...(body ? { body: JSON.stringify(body) } : {}),
      }).then((response) => response.json());
    const { token } = deviceSecret.parse(await api(first.httpPort, '/devices', { id: 'cam' }));
    const client = await connectAsync(`mqtt://127.0.0.1:${first.mqttPort}`, {
      username: 'cam',
      password: token,
      reconnectPeriod: 0,
    });
    onTestFinished(() => {
      client.end(true);
    });
    client.on('error', () => undefined);
    await client.subscribeAsync(ownDownFilter('cam'), { qos: 1 });
    let acked = 0;
    const enough = new Promise<void>((resolve) => {
      client.on('message', (_topic, payload) => {
        acked = Math.max(acked, ack.parse(decode(payload, 1 << 20)).upTo);
        if (acked >= 200) resolve();
      });
    });
    for (let n = 0; n < 400; n++) {
      const records = Array.from({ length: 10 }, (_, i) => eventRecord(n * 10 + i + 1));
      const batch = { epoch: 'e1', from: n * 10 + 1, to: n * 10 + 10, base: 1, records };
      client.publish(topicOf('cam', 'records'), encode(batch), { qos: 1 }, () => undefined);
    }
    await enough;
    const exit = once(first.child, 'exit');
    first.child.kill('SIGKILL');
    await exit;
    const atKill = acked;

    const second = await start(folder);
    const answer = z.object({ items: z.array(sequence) }).parse(await api(second.httpPort, '/devices/cam/sequences'));
    const [ledger] = answer.items;
    if (!ledger) throw new Error('the epoch is gone');
    expect(ledger.upTo).toBeGreaterThanOrEqual(atKill);
    // A batch is committed in parts: the rest of one that was cut off comes again.
    expect(ledger).toMatchObject({ epoch: 'e1', records: ledger.upTo, gaps: [] });
  });

  test('a start that fails ends the process, also when a program started it', async () => {
    const file = path.join(tempFolder(), 'file');
    writeFileSync(file, '');
    const child = fork(program, ['run', '--data-dir', path.join(file, 'folder')], { silent: true });
    onTestFinished(() => {
      child.kill('SIGKILL');
    });
    expect(await once(child, 'exit')).toEqual([1, null]);
  });

  test('a port that is taken is named, with what to do', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => {
      server.close();
    });
    const { port } = server.address() as { port: number };
    for (const [mine, other, variable] of [
      ['--http-port', '--mqtt-port', 'VEDETTE_HTTP_PORT'],
      ['--mqtt-port', '--http-port', 'VEDETTE_MQTT_PORT'],
    ] as const) {
      const outcome = await cli(['run', '--data-dir', tempFolder(), mine, String(port), other, '0']);
      expect(outcome.code).toBe(1);
      expect(outcome.stderr).toContain(
        `127.0.0.1:${port} is taken by another program: choose another with ${mine} or ${variable}`,
      );
    }
  });

  test.each([
    [['run', '--http-port', 'eighty'], {}, /--http-port <port> \/ VEDETTE_HTTP_PORT: .*found "eighty"/],
    [['run'], { VEDETTE_MQTT_PORT: '70000' }, /VEDETTE_MQTT_PORT: .*found "70000"/],
    [['run', '--log-level', 'loud'], {}, /--log-level/],
    [['run'], { VEDETTE_MQTT_URL: 'mqtt://me:secret@x' }, /VEDETTE_MQTT_URL: must be mqtt:.*without user or password/],
    [['run', '--mqtt-username', 'hub'], {}, /--mqtt-username .*: is for an external broker: set its address too/],
    [['run'], { VEDETTE_DATABASE_URL: 'postgres://x' }, /VEDETTE_DATABASE_URL: .*names no database/],
    [['run', '--standby'], {}, /--standby: is for hubs that share a PostgreSQL database/],
    [['run', '--nonsense'], {}, /unknown option/],
    [['device', 'add'], {}, /missing required argument 'name'/],
    [['device', 'list', '--token-file', '/nonexistent'], {}, /there is no file \/nonexistent/],
  ] as const)('%j %j: wrong usage', async (args, env, message) => {
    const outcome = await cli([...args], env);
    expect(outcome.stderr).toMatch(message);
    expect(outcome.code).toBe(2);
  });

  test('help and version everywhere', async () => {
    const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
    for (const command of [[], ['run'], ['device'], ['device', 'add'], ['device', 'list']]) {
      const help = await cli([...command, '--help']);
      expect([help.code, help.stderr]).toEqual([0, '']);
      expect(help.stdout).toMatch(/Usage: vedette-hub/);
      expect(await cli([...command, '--version'])).toMatchObject({ code: 0, stdout: `${version}\n` });
    }
  });
});
