import { expect, test } from 'vitest';
import { createHubClient } from '../../../deploy/demo/hub-client.ts';
import { archiveOf } from '../../cloud-hub/registry/package.ts';
import { testDevice, testHub } from '../../cloud-hub/support.ts';

test('a device gets a token that the broker takes; asked again, a fresh one in its place', async () => {
  const hub = await testHub();
  const client = createHubClient(hub.url, hub.token);
  const first = await client.deviceToken('demo');
  expect(await hub.json('/devices/demo')).toMatchObject({ id: 'demo', online: false });
  const second = await client.deviceToken('demo');
  expect(second).not.toBe(first);
  await testDevice(hub, 'demo', second);
  await expect(testDevice(hub, 'demo', first)).rejects.toThrow();
});

test('a code signs one browser in', async () => {
  const hub = await testHub();
  const code = await createHubClient(hub.url, hub.token).signInCode();
  const signIn = () =>
    fetch(`${hub.url}/api/v1/sign-in`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: hub.url },
      body: JSON.stringify({ code }),
    });
  const answer = await signIn();
  expect([answer.status, await answer.json()]).toMatchObject([200, { role: 'admin' }]);
  expect(answer.headers.getSetCookie()[0]).toMatch(/httponly/i);
  expect((await signIn()).status).toBe(401);
});

test('a package is added once; what the hub refuses is told', async () => {
  const hub = await testHub();
  const client = createHubClient(hub.url, hub.token);
  const { bytes: archive } = await archiveOf();
  await client.addModel(archive);
  await client.addModel(archive);
  expect(await hub.json('/models')).toMatchObject({ items: [{ version: '1.0.0' }] });
  await expect(client.addModel(Buffer.from('no package'))).rejects.toThrow(/answered 4\d\d to POST \/models/);
});

test('a refusal names what was asked and what the hub said', async () => {
  const hub = await testHub();
  const client = createHubClient(hub.url, 'not-a-token');
  await expect(client.deviceToken('demo')).rejects.toThrow(/the hub answered 401 to POST \/devices: .*"status":401/);
  await expect(createHubClient(hub.url, hub.token).deviceToken('NO GOOD')).rejects.toThrow('answered 400');
});
