import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { WebSocket } from 'ws';
import { decodePicture } from '../../../shared/contract/codec.ts';
import { previewHeader } from '../../../shared/contract/messages/preview.ts';
import { writeClip, writeWalkerPackage } from '../../support/clip.ts';
import { configureAgent, startAgent, startHub } from '../../support/stack.ts';
import { tempFolder } from '../../support/temp.ts';
import { until } from '../../support/until.ts';

const ENOUGH = 8;

test('hub and local API watch one stream at the same time, and the hub goes on when the local one leaves', async () => {
  const folder = tempFolder();
  const hub = await startHub(folder);
  const file = await configureAgent(folder, hub, {
    models: { walker: writeWalkerPackage(folder) },
    streams: { walker: { source: { url: await writeClip(folder, { fps: 20 }), loop: true }, model: 'walker' } },
    api: { port: 0 },
    log: 'info',
  });
  const agent = startAgent(file);
  const url = await until(() => /"url":"(http:[^"]+)"/.exec(agent.stderr())?.[1], 'the local API listens');

  const local = new AbortController();
  onTestFinished(() => local.abort());
  let localBytes = 0;
  const watchLocally = async () => {
    const response = await fetch(`${url}/api/v1/streams/walker/live.mjpeg?fps=15`, { signal: local.signal });
    if (response.body) for await (const chunk of response.body) localBytes += chunk.length;
  };
  const watching = watchLocally().catch(() => undefined);
  await until(() => localBytes > 20_000, 'pictures here');

  const token = readFileSync(path.join(folder, 'hub', 'admin.token'), 'utf8').trim();
  const socket = new WebSocket(`ws://127.0.0.1:${hub.httpPort}/api/v1/live`, {
    headers: { authorization: `Bearer ${token}` },
  });
  onTestFinished(() => socket.terminate());
  const frames: number[] = [];
  socket.on('message', (data: Buffer, isBinary) => {
    if (isBinary) frames.push(previewHeader.parse(decodePicture(data).header).frame);
  });
  await once(socket, 'open');
  socket.send(JSON.stringify({ type: 'watch', device: 'box', stream: 'walker' }));
  await until(() => frames.length >= ENOUGH, 'pictures at the hub');
  const before = localBytes;
  await until(() => localBytes > before + 20_000, 'pictures here, still');

  local.abort();
  await watching;
  const seen = frames.length;
  await until(() => frames.length >= seen + ENOUGH, 'pictures at the hub, still');
  expect(frames.toSorted((a, b) => a - b)).toEqual(frames);
  expect(new Set(frames).size).toBe(frames.length);
});
