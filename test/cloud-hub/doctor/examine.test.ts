/** `vedette-hub doctor` looks at real hubs, real folders and what can be wrong with each. */
import { chmodSync, existsSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { hubConfig } from '../../../cloud-hub/config.ts';
import { schemaWords } from '../../../cloud-hub/doctor/database.ts';
import { examineHub } from '../../../cloud-hub/doctor/examine.ts';
import { makeRoot } from '../../../cloud-hub/pki/certificates.ts';
import { systemClock } from '../../../shared/kit/clock.ts';
import { openSqlite } from '../../../shared/kit/sqlite.ts';
import { keyPem, newKey } from '../../../shared/pki/keys.ts';
import { freePort } from '../../support/free-port.ts';
import { secureHub } from '../../support/secure-hub.ts';
import { tempFolder } from '../../support/temp.ts';
import { addDevice, testHub } from '../support.ts';

const DAY_MS = 86_400_000;

async function examine(config: Record<string, unknown>, { days = 0 } = {}) {
  const clock = { ...systemClock, wall: () => systemClock.wall() + days * DAY_MS };
  const found = await examineHub({ config: hubConfig.parse(config), nodeVersion: 'v24.0.0', clock });
  return {
    found,
    subjects: found.map(({ subject }) => subject),
    broken: found.filter(({ level }) => level === 'broken'),
    of: (subject: string) => found.filter((one) => one.subject === subject),
  };
}

/** A data folder of a hub with TLS that ran and was stopped. */
async function stoppedHub() {
  const hub = await secureHub();
  await hub.hub.stop();
  const ports = { httpPort: await freePort(), mqttPort: await freePort() };
  return { folder: hub.folder, config: { dataDir: hub.folder, tls: true, ...ports } };
}

test('a hub that runs: each part is looked at, nothing is broken, and nothing is left behind', async () => {
  const hub = await secureHub();
  const files = readdirSync(hub.folder, { recursive: true }).toSorted();
  const ports = { httpPort: hub.hub.httpPort, mqttPort: hub.hub.mqttPort };
  const { subjects, broken, of } = await examine({ dataDir: hub.folder, tls: true, ...ports });
  expect(broken).toEqual([]);
  const expected = ['node', 'clock', 'disk', 'database', 'admin token', 'root', 'issuer', 'hub certificate'];
  expect(subjects).toEqual([...expected, 'HTTP port', 'MQTT port', 'hub', 'HTTPS', 'MQTT']);
  expect(of('hub')).toMatchObject([{ level: 'ok', text: expect.stringContaining('is ready') }]);
  for (const subject of ['HTTPS', 'MQTT'])
    expect(of(subject)).toMatchObject([
      { level: 'ok', text: expect.stringMatching(/TLSv1\.3, .* ← Vedette fleet issuer/) },
    ]);
  expect(readdirSync(hub.folder, { recursive: true }).toSorted()).toEqual(files);
});

test('a folder that is not there yet: nothing is broken, and nothing is made', async () => {
  const dataDir = path.join(tempFolder(), 'data');
  const { broken, of } = await examine({ dataDir, tls: true, httpPort: 0, mqttPort: 0 });
  expect(broken).toEqual([]);
  expect([of('database'), of('authority'), of('hub')]).toMatchObject([
    [{ level: 'note', text: expect.stringContaining('first start') }],
    [{ level: 'note', text: expect.stringContaining('first start') }],
    [{ level: 'note' }],
  ]);
  expect(existsSync(dataDir)).toBe(false);
});

test.each<[string, (folder: string) => unknown, string, RegExp, RegExp]>([
  [
    'the key of the issuer is gone',
    (f) => rmSync(path.join(f, 'pki/issuer.pem')),
    'issuer',
    /issuer\.pem is not there/,
    /ca renew-issuer$/,
  ],
  [
    'a file of the authority is cut',
    (f) => truncateSync(path.join(f, 'pki/ca.pem'), 40),
    'root',
    /ca\.pem: /,
    /backup/,
  ],
  [
    'the token is another',
    (f) => writeFileSync(path.join(f, 'admin.token'), 'other'),
    'admin token',
    /not the one/,
    /remove it/,
  ],
  [
    'the token is gone',
    (f) => rmSync(path.join(f, 'admin.token')),
    'admin token',
    /is not there/,
    /start the hub again/,
  ],
  [
    'the database is damaged',
    (f) => writeFileSync(path.join(f, 'hub.db'), 'x'.repeat(9000)),
    'database',
    /is damaged/,
    /backup/,
  ],
  [
    'a newer version wrote the database',
    (f) => {
      const database = openSqlite(path.join(f, 'hub.db'), { synchronous: 'NORMAL' });
      database.exec('INSERT INTO schema_version (version, applied_at) VALUES (99, 0)');
      database.close();
    },
    'database',
    /schema 99, and this program knows up to \d+/,
    /install that version/,
  ],
])('%s', async (_what, spoil, subject, text, advice) => {
  const { folder, config } = await stoppedHub();
  spoil(folder);
  const { broken } = await examine(config);
  const expected = { level: 'broken', text: expect.stringMatching(text), advice: expect.stringMatching(advice) };
  expect(broken.filter((one) => one.subject === subject)).toMatchObject([expected]);
});

test('certificates over the years: late is a note, ended is broken, each with the command that mends it', async () => {
  const { folder, config } = await stoppedHub();
  const at = async (days: number) => {
    const { of } = await examine(config, { days });
    return ['root', 'issuer', 'hub certificate'].map((subject) => of(subject)[0]?.level);
  };
  expect(await at(0)).toEqual(['ok', 'ok', 'ok']);
  expect(await at(80)).toEqual(['ok', 'ok', 'note']);
  expect(await at(1000)).toEqual(['ok', 'note', 'broken']);
  expect(await at(7400)).toEqual(['broken', 'broken', 'broken']);
  expect((await examine(config, { days: -10 })).of('issuer')).toMatchObject([
    { level: 'broken', advice: expect.stringContaining('clock') },
  ]);
  rmSync(path.join(folder, 'pki/root.key'));
  expect((await examine(config, { days: 1000 })).of('issuer')[0]?.advice).toBe(
    'vedette-hub ca renew-issuer --root-key FILE',
  );
});

test('secrets that everybody can read are told with the command that mends it', async () => {
  const { folder, config } = await stoppedHub();
  for (const file of ['admin.token', 'pki/root.key']) chmodSync(path.join(folder, file), 0o644);
  const { of } = await examine(config);
  expect(of('admin token')).toMatchObject([{ level: 'note', advice: `chmod o-rwx ${folder}/admin.token` }]);
  expect(of('authority')).toMatchObject([{ level: 'note', advice: `chmod o-rwx ${folder}/pki/root.key` }]);
});

test('ports that another program has', async () => {
  const { config } = await stoppedHub();
  const server = createServer().listen(config.mqttPort, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  onTestFinished(() => void server.close());
  const { broken } = await examine(config);
  expect(broken).toMatchObject([{ subject: 'MQTT port', advice: 'choose another with --mqtt-port' }]);
});

test('a certificate from files: the pair, its end, and files that are none', async () => {
  const folder = tempFolder();
  const now = systemClock.wall();
  const { key, certificate } = await makeRoot({ from: now - DAY_MS, to: now + 10 * DAY_MS });
  const [tlsCert, tlsKey, other] = ['cert.pem', 'key.pem', 'other.pem'].map((name) => path.join(folder, name));
  writeFileSync(String(tlsCert), certificate.toString());
  writeFileSync(String(tlsKey), keyPem(key));
  writeFileSync(String(other), keyPem(newKey()));
  const base = { dataDir: path.join(folder, 'data'), httpPort: 0, mqttPort: 0 };
  const look = async (tls: object, days = 0) => (await examine({ ...base, ...tls }, { days })).of('hub certificate');
  expect(await look({ tlsCert, tlsKey })).toMatchObject([{ level: 'ok' }]);
  expect(await look({ tlsCert, tlsKey }, 11)).toMatchObject([
    { level: 'broken', advice: expect.stringContaining('replace') },
  ]);
  expect(await look({ tlsCert, tlsKey: other })).toMatchObject([
    { level: 'broken', text: expect.stringContaining('is not the key of') },
  ]);
  expect(await look({ tlsCert: tlsKey, tlsKey })).toMatchObject([
    { level: 'broken', text: expect.stringContaining('no certificate') },
  ]);
});

test('a hub without TLS beyond loopback is noted, one on loopback is not', async () => {
  const base = { dataDir: path.join(tempFolder(), 'data'), httpPort: 0, mqttPort: 0 };
  expect((await examine(base)).of('TLS')).toMatchObject([{ level: 'ok' }]);
  expect((await examine({ ...base, host: '0.0.0.0', insecurePlaintext: true })).of('TLS')).toMatchObject([
    { level: 'note' },
  ]);
});

test('an external broker: it takes the hub, refuses it, is not there, or its password file is not', async () => {
  const broker = await testHub();
  const folder = tempFolder();
  const file = (name: string, text: string) => {
    writeFileSync(path.join(folder, name), text);
    return path.join(folder, name);
  };
  const good = file('good', await addDevice(broker, 'vedette-client'));
  const look = async (mqttPort: number, mqttPasswordFile: string) => {
    const mqttUrl = `mqtt://127.0.0.1:${mqttPort}`;
    const config = {
      dataDir: path.join(folder, 'data'),
      httpPort: 0,
      mqttUrl,
      mqttVersion: '3.1.1',
      mqttUsername: 'vedette-client',
    };
    return (await examine({ ...config, mqttPasswordFile })).of('broker');
  };
  const port = broker.hub.mqttPort;
  expect(await look(port, good)).toMatchObject([{ level: 'ok' }]);
  expect(await look(port, file('bad', 'wrong'))).toMatchObject([
    { level: 'broken', advice: expect.stringContaining('--mqtt-username') },
  ]);
  expect(await look(await freePort(), good)).toMatchObject([
    { level: 'broken', advice: expect.stringContaining('does the broker run') },
  ]);
  expect(await look(port, path.join(folder, 'none'))).toMatchObject([
    { level: 'broken', text: expect.stringContaining('--mqtt-password-file') },
  ]);
});

test('a listener that presents a certificate of another authority: as after `pki` was put back from a backup', async () => {
  const [hub, other] = [await secureHub(), await secureHub()];
  writeFileSync(path.join(hub.folder, 'pki/ca.pem'), readFileSync(path.join(other.folder, 'pki/ca.pem')));
  const { of } = await examine({
    dataDir: hub.folder,
    tls: true,
    httpPort: hub.hub.httpPort,
    mqttPort: hub.hub.mqttPort,
  });
  for (const subject of ['HTTPS', 'MQTT'])
    expect(of(subject)).toMatchObject([
      { level: 'broken', text: expect.stringContaining('not signed by an authority that is trusted') },
    ]);
});

test('schemas of the past are brought forward, those of the future are broken', () => {
  expect(schemaWords(3, 11)).toEqual({ text: 'schema 3; the next start of the hub brings it to 11' });
  expect(schemaWords(11, 11)).toEqual({ text: 'schema 11' });
  expect(schemaWords(12, 11).wrong).toMatchObject({ level: 'broken' });
});
