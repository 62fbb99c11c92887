import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { WebSocket } from 'ws';
import { writeClip, writeWalkerPackage } from '../support/clip.ts';
import { descendantsOf, lives } from '../support/processes.ts';
import { startProgram } from '../support/program.ts';
import { tempFolder } from '../support/temp.ts';
import { until } from '../support/until.ts';

test('npm run dev: the dashboard from its sources beside a running hub; Ctrl-C leaves no process', {
  timeout: 180_000,
}, async () => {
  const folder = tempFolder();
  const clip = await writeClip(folder, { frames: 110, fps: 30 });
  const ports = ['--http-port', '0', '--mqtt-port', '0', '--page-port', '0'];
  const material = ['--clip', clip, '--model', writeWalkerPackage(folder)];
  const dataDir = path.join(folder, 'data');
  const dev = startProgram('deploy/dev/main.js', [...ports, '--data-dir', dataDir, ...material]);
  onTestFinished(() => {
    for (const pid of descendantsOf(dev.process.pid ?? 0)) process.kill(pid, 'SIGKILL');
  });
  const found = () => /Dashboard\s+(http\S+?)\/#code=(\S+)/.exec(dev.stdout());
  const [, base = '', code = ''] = await until(found, 'the address of the dashboard', 120_000);

  // The page is Vite's, with its client for hot reload; the script is a source.
  expect(await (await fetch(base)).text()).toContain('/@vite/client');
  expect(await (await fetch(`${base}/app.tsx`)).text()).toContain('@prefresh/core');

  // The hub answers behind it, also to a page that signs in and comes with its session and its origin.
  const signIn = await fetch(`${base}/api/v1/sign-in`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: base },
    body: JSON.stringify({ code }),
  });
  const cookie = (signIn.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
  expect({ status: signIn.status, hasCookie: cookie.length > 0 }).toEqual({ status: 200, hasCookie: true });
  await until(
    async () => {
      const answer = await fetch(`${base}/api/v1/events`, { headers: { cookie } });
      const body: unknown = await answer.json();
      return JSON.stringify(body).includes('"ruleKind"');
    },
    'an event behind the page',
    60_000,
  );
  const socket = new WebSocket(`${base.replace('http', 'ws')}/api/v1/live`, { headers: { cookie, origin: base } });
  await new Promise((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('error', reject);
  });
  socket.terminate();

  const processes = descendantsOf(dev.process.pid ?? 0);
  // The demo, hub, agent and a runner at least.
  expect(processes.length).toBeGreaterThanOrEqual(4);
  process.kill(-(dev.process.pid ?? 0), 'SIGINT');
  expect((await dev.ended).code).toBe(0);
  await until(() => !processes.some(lives), 'no process is left');
});
