/** Who sees a group of devices, and the live picture of one that leaves it. */
import { once } from 'node:events';
import { expect, onTestFinished, test } from 'vitest';
import { WebSocket } from 'ws';
import { encodePicture } from '../../../shared/contract/codec.ts';
import { jpeg, type TestHub, testDevice, testHub } from '../support.ts';

/** A client that counts the pictures that it gets. */
async function follow(hub: TestHub, token: string) {
  const socket = new WebSocket(`${hub.url.replace('http', 'ws')}/api/v1/live`, {
    headers: { authorization: `Bearer ${token}` },
  });
  onTestFinished(() => socket.terminate());
  const got = { pictures: 0 };
  socket.on('message', (_data, isBinary) => {
    if (isBinary) got.pictures++;
  });
  await once(socket, 'open');
  socket.send(JSON.stringify({ type: 'watch', device: 'gate', stream: 'door' }));
  return got;
}

test('a device that leaves the group is not watched from that moment on; who sees it still goes on', async () => {
  const hub = await testHub();
  const gate = await testDevice(hub, 'gate');
  const label = async (site: string) => {
    const headers = { 'content-type': 'application/json' };
    const body = JSON.stringify({ site });
    expect((await hub.api('/devices/gate/labels', { method: 'PUT', headers, body })).status).toBe(200);
  };
  await label('berlin');
  const made = await hub.post('/tokens', { name: 'b', role: 'viewer', scope: { site: 'berlin' } });
  const { token } = (await made.json()) as { token: string };
  const limited = await follow(hub, token);
  const all = await follow(hub, hub.token);
  const header = { stream: 'door', frame: 3, ptsMs: 1, wall: 2, width: 2, height: 2, detections: [] };
  await gate.next('command');
  const show = () => gate.publishRaw('preview', encodePicture(header, jpeg));
  const shown = async () => {
    await show();
    return limited.pictures > 0 && all.pictures > 0;
  };
  await expect.poll(shown).toBe(true);
  await label('oslo');
  const before = { limited: limited.pictures, all: all.pictures };
  // What was on its way to the client when the label changed has come once the answer to a later picture has.
  await show();
  await expect.poll(() => all.pictures).toBeGreaterThan(before.all);
  const settled = limited.pictures;
  for (let n = 0; n < 3; n++) {
    const last = all.pictures;
    await show();
    await expect.poll(() => all.pictures).toBeGreaterThan(last);
  }
  expect(limited.pictures).toBe(settled);
});
