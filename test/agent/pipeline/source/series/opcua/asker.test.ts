import { readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test, vi } from 'vitest';
import { listenTo } from '../../../../../support/asked-series.ts';
import { startOpcuaServer } from '../../../../../support/opcua-server.ts';
import { openssl } from '../../../../../support/openssl.ts';
import { tempFolder } from '../../../../../support/temp.ts';
import { until } from '../../../../../support/until.ts';

const values = {
  temperature: 'ns=1;s=temperature',
  pressure: { at: 'ns=1;s=pressure' },
  parts: 'ns=1;s=parts',
  running: 'ns=1;s=running',
};
const channels = Object.keys(values);
const one = { value: 'ns=1;s=temperature' };

/** The certificate and key of a client, as an engineer makes them. */
async function ownCertificate() {
  const folder = tempFolder();
  const [certFile, keyFile] = [path.join(folder, 'own.pem'), path.join(folder, 'own.key')];
  const names = 'subjectAltName=URI:urn:vedette-agent,DNS:localhost';
  const { ok, text } = await openssl([
    ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '30', '-subj', '/CN=vedette-agent'],
    ...['-addext', names, '-addext', 'keyUsage=digitalSignature,keyEncipherment,dataEncipherment,nonRepudiation'],
    ...['-keyout', keyFile, '-out', certFile],
  ]);
  if (!ok) throw new Error(text);
  return { certFile, keyFile };
}

const folders = () => readdirSync(tmpdir()).filter((name) => name.startsWith('vedette-opcua-'));

test('nodes are one sample at each question: numbers, 64-bit counters and switches', async () => {
  // Of this test alone: others on this machine have connections too.
  vi.stubEnv('TMPDIR', tempFolder());
  const server = await startOpcuaServer();
  const { seen, series } = listenTo({ url: server.url, everyS: 0.05, values }, { channels });
  await until(() => seen.samples.length >= 2, 'two samples');
  expect(seen.samples[0]?.values).toEqual([21.5, 2.5, 2 ** 32 + 7, 1]);
  server.set('temperature', 30);
  await until(() => seen.samples.at(-1)?.values[0] === 30, 'the new value');
  expect(seen.problems).toEqual([]);
  expect(seen.opened).toBe(1);
  await series.close();
  await until(() => folders().length === 0, 'the folder of the connection to go');
});

test.each([
  ['ns=1;s=nothing', /"ns=1;s=nothing" has no value: the server answers BadNodeIdUnknown/],
  ['ns=1;s=broken', /"ns=1;s=broken" has no value: the server answers BadSensorFailure/],
  ['ns=1;s=name', /"ns=1;s=name" is no number/],
])('the node %s is reported, and the source stays open', async (value, message) => {
  const server = await startOpcuaServer();
  const { seen } = listenTo({ url: server.url, everyS: 0.05, values: { value } });
  await until(() => seen.problems.length > 0, 'the complaint');
  expect(seen.problems[0]).toMatchObject({ code: 'sensor-row', message: expect.stringMatching(message) });
  expect(seen.samples).toEqual([]);
  expect(seen.end).toBeUndefined();
});

test('what is no node id, a channel without a node, and a server that is away end the source with the reason', async () => {
  const server = await startOpcuaServer();
  const wrong = listenTo({ url: server.url, values: { value: 'ns=x;q' } });
  await until(() => wrong.seen.end, 'the refusal');
  expect(wrong.seen.end).toMatchObject({
    code: 'config-invalid',
    message: expect.stringMatching(/"ns=x;q" is no node id/),
  });
  const lacks = listenTo({ url: server.url, values: one }, { channels: ['value', 'speed'] });
  await until(() => lacks.seen.end, 'the refusal');
  expect(lacks.seen.end).toMatchObject({ message: expect.stringMatching(/must give the node of "speed"/) });
  await server.stop();
  const gone = listenTo({ url: server.url, values: one });
  await until(() => gone.seen.end, 'the end');
  expect(gone.seen.end).toMatchObject({ code: 'source-open' });
});

test('with a certificate: encrypted, by user and password; a wrong password and a server of another certificate are refused', async () => {
  const own = await ownCertificate();
  const server = await startOpcuaServer();
  const password = path.join(tempFolder(), 'password');
  writeFileSync(password, 'valve-7\n');
  const given = {
    url: server.url,
    everyS: 0.05,
    values: one,
    security: 'encrypt',
    caFile: server.certificateFile,
    username: 'operator',
    passwordFile: password,
    ...own,
  };
  const good = listenTo(given);
  await until(() => good.seen.samples.length > 0 || good.seen.end, 'a sample');
  expect(good.seen.end).toBeUndefined();

  const thief = listenTo({ ...given, username: 'thief' });
  await until(() => thief.seen.end, 'the refusal');
  expect(thief.seen.end).toMatchObject({ code: 'source-auth' });
  expect(JSON.stringify(thief.seen)).not.toContain('valve-7');

  const other = listenTo({ ...given, caFile: own.certFile });
  await until(() => other.seen.end, 'the refusal');
  expect(other.seen.samples).toEqual([]);
  expect(other.seen.end).toMatchObject({
    code: 'source-open',
    message: expect.stringMatching(/Untrusted|certificate/i),
  });
});
