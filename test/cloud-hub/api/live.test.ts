import { once } from 'node:events';
import { describe, expect, onTestFinished, test } from 'vitest';
import { WebSocket } from 'ws';
import { type LiveMessage, liveMessage, livePictureHeader } from '../../../cloud-hub/contract/live.ts';
import { rolloutPreview } from '../../../cloud-hub/contract/rollout.ts';
import { RENEW_MS } from '../../../cloud-hub/live/watches.ts';
import { decodePicture, encodePicture } from '../../../shared/contract/codec.ts';
import { systemClock } from '../../../shared/kit/clock.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { archiveOf, Owner, upload } from '../registry/package.ts';
import { rolloutDevice } from '../rollout/device.ts';
import {
  eventRecord,
  jpeg,
  lossRecord,
  readingRecord,
  summaryRecord,
  type TestHub,
  testDevice,
  testHub,
} from '../support.ts';

/** Opens the feed; everything that comes is kept, and can be awaited. */
async function follow(hub: TestHub, headers: Record<string, string> = { authorization: `Bearer ${hub.token}` }) {
  const socket = new WebSocket(`${hub.url.replace('http', 'ws')}/api/v1/live`, { headers });
  onTestFinished(() => socket.terminate());
  const messages: LiveMessage[] = [];
  const pictures: Buffer[] = [];
  socket.on('message', (data: Buffer, isBinary) => {
    if (isBinary) pictures.push(data);
    else messages.push(liveMessage.parse(JSON.parse(data.toString())));
  });
  await once(socket, 'open');
  return { socket, messages, pictures };
}

/** Status of the answer; 101 when it was let in. */
async function refusal(hub: TestHub, headers: Record<string, string>, path = '/api/v1/live'): Promise<number> {
  const socket = new WebSocket(hub.url.replace('http', 'ws') + path, { headers });
  onTestFinished(() => socket.terminate());
  socket.on('error', () => undefined);
  return Promise.race([
    once(socket, 'unexpected-response').then(([, response]) => response.statusCode),
    once(socket, 'open').then(() => 101),
  ]);
}

describe('the live feed', () => {
  test('needs a token, or a session from the own origin', async () => {
    const hub = await testHub();
    expect(await refusal(hub, {})).toBe(401);
    expect(await refusal(hub, { authorization: 'Bearer wrong' })).toBe(401);
    const signedIn = await hub.post('/sign-in', { token: hub.token });
    const cookie = signedIn.headers.get('set-cookie')?.split(';')[0] ?? '';
    expect(await refusal(hub, { cookie })).toBe(403);
    expect(await refusal(hub, { cookie, origin: 'https://evil.example' })).toBe(403);
    await follow(hub, { cookie, origin: hub.url });
  });

  test('is the only WebSocket: an upgrade elsewhere is refused, with credentials too', async () => {
    const hub = await testHub();
    const targets = [
      '/',
      '/healthz',
      '/readyz',
      '/metrics',
      '/devices/cam',
      '/api/v1/me',
      '/api/v1/docs/',
      '/api/v1/nothing',
    ];
    for (const target of [...targets, '/api/v1/openapi.json', '/api/v1/live/x'])
      for (const headers of [{}, { authorization: `Bearer ${hub.token}` }])
        expect(await refusal(hub, headers, target), target).toBe(404);
    expect(await refusal(hub, {}, '/api/v1/live')).toBe(401);
  });

  test('ends at once with the token or the session that it came by, and no other does', async () => {
    // Nothing looks at it by and by.
    const hub = await testHub({ clock: { ...systemClock, every: () => () => undefined } });
    const made = async (name: string) =>
      (await (await hub.post('/tokens', { name, role: 'admin' })).json()) as { id: string; token: string };
    const [ann, bob] = [await made('ann'), await made('bob')];
    const cookieOf = async (credential: object) => {
      const answer = await hub.api('/sign-in', {
        method: 'POST',
        token: null,
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(credential),
      });
      return answer.headers.get('set-cookie')?.split(';')[0] ?? '';
    };
    const { code } = (await (await hub.api('/sign-in-codes', { method: 'POST', token: ann.token })).json()) as {
      code: string;
    };
    const open = async (headers: Record<string, string>) => {
      const { socket } = await follow(hub, { origin: hub.url, ...headers });
      const closed: number[] = [];
      socket.on('close', (status) => closed.push(status));
      return { socket, closed };
    };
    const out = await cookieOf({ token: bob.token });
    const ended = await cookieOf({ token: bob.token });
    const feeds = {
      token: await open({ authorization: `Bearer ${ann.token}` }),
      session: await open({ cookie: await cookieOf({ token: ann.token }) }),
      code: await open({ cookie: await cookieOf({ code }) }),
      out: await open({ cookie: out }),
      ended: await open({ cookie: ended }),
      bob: await open({ cookie: await cookieOf({ token: bob.token }) }),
      admin: await open({ authorization: `Bearer ${hub.token}` }),
    };
    const closes = () => Object.entries(feeds).flatMap(([name, { closed }]) => closed.map((code) => `${name} ${code}`));

    expect((await hub.api(`/tokens/${ann.id}`, { method: 'DELETE' })).status).toBe(204);
    await expect.poll(closes).toEqual(['token 1008', 'session 1008', 'code 1008']);
    await hub.api('/sign-out', { method: 'POST', token: null, headers: { cookie: out, origin: hub.url } });
    await expect.poll(closes).toContain('out 1008');
    const { items } = await hub.json<{ items: { id: string }[] }>('/sessions');
    // Newest first: that of `bob` itself, then the one to end.
    await hub.api(`/sessions/${items[1]?.id}`, { method: 'DELETE' });
    await expect.poll(closes).toContain('ended 1008');
    for (const { socket } of [feeds.bob, feeds.admin]) {
      socket.ping();
      await once(socket, 'pong');
    }
    expect(closes()).toHaveLength(5);
  });

  test('follows a rollout from its creation to its end, with the devices that changed', async () => {
    const hub = await testHub();
    const archive = await archiveOf();
    await upload(hub, archive.bytes);
    await (await Owner.of(hub)).sign([archive]);
    await rolloutDevice(hub, 'a');
    await rolloutDevice(hub, 'b');
    const { messages } = await follow(hub);
    const waves = [
      { devices: 1, soakS: 0 },
      { percent: 100, soakS: 0 },
    ];
    const target = { kind: 'model', model: 'detector', package: 'bright@1.0.0' };
    await hub.post('/rollouts', { id: 'r1', target, waves });
    // Also before anybody was asked for the second wave, it says who that will be.
    const planned = rolloutPreview.parse(await hub.json('/rollouts/r1/waves'));
    expect(planned.waves.map((w) => w.length)).toEqual([1, 1]);
    expect(planned.waves.flat().toSorted()).toEqual(['a', 'b']);
    const reported = () => messages.flatMap((m) => (m.type === 'rollout' ? [m] : []));
    await expect.poll(() => reported().at(-1)?.rollout.status).toBe('done');
    expect(reported()[0]?.rollout).toMatchObject({ id: 'r1', status: 'running', wave: -1 });
    const seen = reported().flatMap((m) => m.devices.map((d) => `${d.wave} ${d.device} ${d.outcome}`));
    const [[first], [second]] = planned.waves as [[string], [string]];
    expect([...new Set(seen)]).toEqual([
      `0 ${first} waiting`,
      `0 ${first} active`,
      `1 ${second} waiting`,
      `1 ${second} active`,
    ]);
  });

  test('says what was committed', async () => {
    const hub = await testHub();
    const { messages } = await follow(hub);
    const cam = await testDevice(hub, 'cam');
    const isOnline = () => messages.some((m) => m.type === 'device' && m.device.online);
    await expect.poll(isOnline).toBe(true);
    messages.length = 0;
    const loss = lossRecord(3, { epoch: 'e1', from: 0, to: 0, reason: 'full' });
    const records = [eventRecord(1), summaryRecord(2), loss, readingRecord(4)];
    await cam.publish('records', { epoch: 'e1', from: 1, to: 4, records });
    await cam.publish('status', { online: true, version: '3.0.0' });
    await expect.poll(() => messages.map((m) => m.type)).toEqual(['event', 'summary', 'problem', 'reading', 'device']);
    const stored = await hub.json<{ items: unknown[] }>('/events');
    expect(messages[0]).toEqual({ type: 'event', event: stored.items[0] });
    const readings = await hub.json<{ items: unknown[] }>('/readings');
    expect(messages[3]).toEqual({ type: 'reading', reading: readings.items[0] });
  });

  test('a watch brings the pictures of that stream, until it ends', async () => {
    const hub = await testHub();
    const cam = await testDevice(hub, 'cam');
    const { socket, pictures } = await follow(hub);
    socket.send(JSON.stringify({ type: 'watch', device: 'cam', stream: 'door' }));
    expect(await cam.next('command')).toMatchObject({ kind: 'preview', stream: 'door' });
    const header = { stream: 'door', frame: 3, ptsMs: 1, wall: 2, width: 2, height: 2, detections: [] };
    await cam.publishRaw('preview', encodePicture({ ...header, stream: 'yard' }, jpeg));
    await cam.publishRaw('preview', encodePicture(header, jpeg));
    await expect.poll(() => pictures.length).toBe(1);
    const { header: got, picture } = decodePicture(pictures[0] ?? Buffer.alloc(0));
    expect(livePictureHeader.parse(got)).toEqual({ ...header, device: 'cam' });
    expect(Buffer.from(picture)).toEqual(jpeg);

    socket.send(JSON.stringify({ type: 'unwatch' }));
    socket.send(JSON.stringify({ type: 'watch', device: 'cam', stream: 'other' }));
    expect(await cam.next('command')).toMatchObject({ stream: 'other' });
    await cam.publishRaw('preview', encodePicture(header, jpeg));
    await cam.publishRaw('preview', encodePicture({ ...header, stream: 'other' }, jpeg));
    await expect.poll(() => pictures.length).toBe(2);
    expect(decodePicture(pictures[1] ?? Buffer.alloc(0)).header).toMatchObject({ stream: 'other' });
  });

  test('a device that comes back is asked again', async () => {
    const hub = await testHub();
    const cam = await testDevice(hub, 'cam');
    const { socket } = await follow(hub);
    socket.send(JSON.stringify({ type: 'watch', device: 'cam', stream: 'door' }));
    await cam.next('command');
    const again = await testDevice(hub, 'cam', cam.token);
    expect(await again.next('command')).toMatchObject({ stream: 'door' });
  });

  test('a watch ends with its connection: the device is asked no more', async () => {
    const timers = new ManualClock();
    const hub = await testHub({ clock: { ...systemClock, every: (ms, run) => timers.every(ms, run) } });
    const cam = await testDevice(hub, 'cam');
    const { socket } = await follow(hub);
    socket.send(JSON.stringify({ type: 'watch', device: 'cam', stream: 'door' }));
    expect(await cam.next('command')).toMatchObject({ stream: 'door' });
    await timers.advance(RENEW_MS);
    expect(await cam.next('command')).toMatchObject({ stream: 'door' });
    const clients = async () =>
      /^vedette_live_clients (\d+)$/m.exec(await (await fetch(`${hub.url}/metrics`)).text())?.[1];
    expect(await clients()).toBe('1');
    socket.close();
    await expect.poll(clients).toBe('0');
    await timers.advance(RENEW_MS);
    // What would have been sent came before this.
    const next = await follow(hub);
    next.socket.send(JSON.stringify({ type: 'watch', device: 'cam', stream: 'yard' }));
    expect(await cam.next('command')).toMatchObject({ stream: 'yard' });
  });

  test.each(['{', '{"type":"dance"}', '{"type":"watch","device":"cam"}', 'x'.repeat(5000)])(
    'a bad request ends this connection with the reason: %s',
    async (text) => {
      const hub = await testHub();
      const { socket } = await follow(hub);
      const closed = once(socket, 'close');
      socket.send(text);
      const [code] = await closed;
      expect(code).toBe(text.length > 4096 ? 1009 : 1008);
      expect((await fetch(`${hub.url}/healthz`)).status).toBe(200);
    },
  );

  test('the end of the hub ends the connections', async () => {
    const hub = await testHub();
    const { socket } = await follow(hub);
    const closed = once(socket, 'close');
    await hub.hub.stop();
    expect((await closed)[0]).toBe(1001);
  });
});
