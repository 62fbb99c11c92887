/** The program under a low limit of open files and connections. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import path from 'node:path';
import { connectAsync } from 'mqtt';
import { expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { built } from '../support/spawn.ts';
import { tempFolder } from '../support/temp.ts';
import { until } from '../support/until.ts';
import { archiveOf } from './registry/package.ts';

const IDLE = 300;
const ready = z.object({ httpPort: z.number(), mqttPort: z.number() });

function limited(files: number, dataDir: string) {
  const args = ['run', '--data-dir', dataDir, '--http-port', '0', '--mqtt-port', '0', '--log-level', 'error'];
  const command = [`ulimit -n ${files} && exec "$0" "$@"`, process.execPath, built('cloud-hub/main.js'), ...args];
  const child = spawn('sh', ['-c', ...command], { stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  let stderr = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  return { child, stderr: () => stderr };
}

function idle(port: number, text = ''): Socket {
  const socket = connect(port, '127.0.0.1');
  onTestFinished(() => {
    socket.destroy();
  });
  socket.on('error', () => undefined);
  socket.resume();
  if (text !== '') socket.write(text);
  return socket;
}

test('256 of them are enough, with 300 idle connections on each port: it answers, devices connect, packages come in', {
  timeout: 180_000,
}, async () => {
  const dataDir = tempFolder();
  const { child, stderr } = limited(256, dataDir);
  const begun = await Promise.race([once(child, 'message'), once(child, 'exit')]);
  const { httpPort, mqttPort } = ready.parse(begun[0]);
  const url = `http://127.0.0.1:${httpPort}`;
  const authorization = `Bearer ${readFileSync(path.join(dataDir, 'admin.token'), 'utf8').trim()}`;
  const half = idle(httpPort, 'GET /healthz HTTP/1.1\r\nhost: x\r\n');
  const halfClosed = once(half, 'close');
  const sockets = [httpPort, mqttPort].flatMap((port) => Array.from({ length: IDLE }, () => idle(port)));
  await Promise.all(sockets.map((socket) => socket.connecting && once(socket, 'connect')));

  const statuses = await Promise.all(
    ['/healthz', '/readyz', '/api/v1/devices'].map(async (target) => {
      const response = await fetch(url + target, { headers: { authorization } });
      await response.text();
      return response.status;
    }),
  );
  expect(statuses).toEqual([200, 200, 200]);
  const added = await fetch(`${url}/api/v1/devices`, {
    method: 'POST',
    headers: { authorization, 'content-type': 'application/json' },
    body: JSON.stringify({ id: 'cam' }),
  });
  const { token } = z.object({ token: z.string() }).parse(await added.json());
  const client = await connectAsync(`mqtt://127.0.0.1:${mqttPort}`, { username: 'cam', password: token });
  onTestFinished(() => {
    client.end(true);
  });
  const uploaded = await fetch(`${url}/api/v1/models`, {
    method: 'POST',
    headers: { authorization, 'content-type': 'application/gzip' },
    body: new Uint8Array((await archiveOf()).bytes),
  });
  expect([uploaded.status, await uploaded.text()]).toEqual([201, expect.stringContaining('bright')]);
  const open = () => sockets.filter((socket) => !socket.destroyed).length;
  await until(() => open() < 256, 'the others are closed');
  // Headers that do not end are not waited for.
  await halfClosed;
  expect(client.connected).toBe(true);
  expect(stderr()).toBe('');
});

test('with too few it says which limit to raise, and no word of a package', async () => {
  const { child, stderr } = limited(64, tempFolder());
  expect(await once(child, 'exit')).toEqual([1, null]);
  expect(stderr()).toBe(
    'vedette-hub: this process may open only 64 files and connections; at least 128 are needed: ' +
      'raise the limit (ulimit -n, or LimitNOFILE= of the systemd unit)\n',
  );
});
