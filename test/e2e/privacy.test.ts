/**
 * What a privacy mask covers is in no picture that is stored, sent or shown: a region of a colour that nothing else has is planted
 * in a clip, and searched in every byte of a run of agent and hub. Without the mask the same search finds it everywhere.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { WebSocket } from 'ws';
import { z } from 'zod';
import { writeWalkerPackage } from '../support/clip.ts';
import { picturesBelow, picturesIn } from '../support/find-pictures.ts';
import { freePort } from '../support/free-port.ts';
import { maskOfPlanted, searchPlanted, writePlantedClip } from '../support/planted-region.ts';
import { runProgram } from '../support/program.ts';
import { configureAgent, listAll, startAgent, startHub } from '../support/stack.ts';
import { tempFolder } from '../support/temp.ts';
import { until } from '../support/until.ts';
import { tapWire } from '../support/wire-tap.ts';

/** Runs agent and hub until events, live pictures and previews of the stream have been stored, sent and shown. */
async function run(privacy: object) {
  const folder = tempFolder();
  const clip = path.join(tempFolder(), 'planted.mp4');
  await writePlantedClip(clip);
  const hub = await startHub(folder);
  const tap = await tapWire(hub.mqttPort);
  const port = await freePort();
  const configFile = await configureAgent(
    folder,
    { api: hub.api, mqttPort: tap.port },
    {
      models: { walker: writeWalkerPackage(tempFolder()) },
      api: { port },
      streams: {
        street: {
          source: { url: clip, loop: true },
          model: 'walker',
          // Samples too: the hub has no model, so that most of them stay on the box.
          escalate: { choose: [{ kind: 'event' }, { kind: 'random', share: 1 }] },
          privacy,
          rules: [{ kind: 'line', name: 'middle', points: [[0.5, 0], [0.5, 1]] }], // biome-ignore format: two points
        },
      },
    },
  );
  const agent = startAgent(configFile);
  const event = z.object({ snapshot: z.string().optional() });
  await until(
    async () => (await listAll(hub, '/events', event)).filter((e) => e.snapshot).length >= 3,
    'three events with their crops',
    60_000,
  );
  const shown: Buffer[] = [];
  for (const route of ['picture.jpg', 'picture.jpg?width=160', 'picture.jpg?width=1920']) {
    const answer = await fetch(
      `http://127.0.0.1:${port}/api/v1/streams/street/${route}${route.includes('?') ? '&' : '?'}wait=10`,
    );
    expect(answer.status, route).toBe(200);
    shown.push(Buffer.from(await answer.arrayBuffer()));
  }
  const token = readFileSync(path.join(folder, 'hub', 'admin.token'), 'utf8').trim();
  const headers = { authorization: `Bearer ${token}` };
  const socket = new WebSocket(`ws://127.0.0.1:${hub.httpPort}/api/v1/live`, { headers });
  onTestFinished(() => socket.terminate());
  const live: Buffer[] = [];
  socket.on('open', () => socket.send(JSON.stringify({ type: 'watch', device: 'box', stream: 'street' })));
  socket.on('message', (data: Buffer, binary) => {
    if (binary) live.push(data);
  });
  await until(() => live.length >= 5, 'live pictures of the hub', 30_000);
  for (const { snapshot } of await listAll(hub, '/events', event)) {
    if (!snapshot) continue;
    const answer = await fetch(`http://127.0.0.1:${hub.httpPort}/api/v1/snapshots/${path.basename(snapshot)}`, {
      headers,
    });
    shown.push(Buffer.from(await answer.arrayBuffer()));
  }
  // What leaves the hub by the hands of its owner.
  const backup = path.join(tempFolder(), 'hub.tar');
  const made = await runProgram('cloud-hub/main.js', [
    'backup',
    '--data-dir',
    path.join(folder, 'hub'),
    '--to',
    backup,
  ]);
  expect(made.code, made.stderr).toBe(0);
  const restored = tempFolder();
  const back = await runProgram('cloud-hub/main.js', ['restore', backup, '--data-dir', path.join(restored, 'hub')]);
  expect(back.code, back.stderr).toBe(0);
  socket.terminate();
  agent.process.kill('SIGTERM');
  await agent.ended;
  hub.started.process.kill('SIGTERM');
  await hub.started.ended;
  return {
    stored: await searchPlanted(picturesBelow(folder)),
    backup: await searchPlanted(picturesBelow(restored)),
    sent: await searchPlanted(tap.sent().flatMap(picturesIn)),
    live: await searchPlanted(live.flatMap(picturesIn)),
    shown: await searchPlanted(shown.flatMap(picturesIn)),
  };
}

test('what a mask covers is in no byte that is stored, sent or shown', { timeout: 180_000 }, async () => {
  const masked = await run({ masks: [maskOfPlanted] });
  for (const [name, place] of Object.entries(masked)) {
    expect(place.looked, name).toBeGreaterThan(2);
    expect(place.shown, name).toBe(0);
  }
});

test('without a mask the same search finds it in all of these places', { timeout: 180_000 }, async () => {
  const open = await run({});
  for (const [name, place] of Object.entries(open)) expect(place.shown, name).toBeGreaterThan(2);
});
