/** `doctor --bundle` of agent and hub: secrets are planted everywhere, and none of them is in any byte of the archive. */
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { extract } from 'tar';
import { expect, onTestFinished, test } from 'vitest';
import { openSqlite } from '../../shared/kit/sqlite.ts';
import { keyPem, newKey } from '../../shared/pki/keys.ts';
import { createHubProgram } from '../support/hub-program.ts';
import { startProgram } from '../support/program.ts';
import { tempFolder } from '../support/temp.ts';

/** Each with what it is called in the test's message when it is found. */
type Planted = Readonly<Record<string, string>>;

/** Files of the archive by name; fails when one of the secrets is in it, as it is or encoded. */
async function opened(archive: string, planted: Planted): Promise<Record<string, string>> {
  expect(statSync(archive).mode & 0o777).toBe(0o600);
  const folder = tempFolder();
  await extract({ file: archive, cwd: folder });
  const bytes = readdirSync(folder).map((name) => [name, readFileSync(path.join(folder, name))] as const);
  const found = Object.entries(planted).flatMap(([what, secret]) =>
    formsOf(secret).flatMap((form) =>
      bytes.filter(([, content]) => content.includes(form)).map(([file]) => `${what} in ${file}: ${form}`),
    ),
  );
  expect(found).toEqual([]);
  return Object.fromEntries(bytes.map(([name, content]) => [name, content.toString()]));
}

/** As it may be written; of a key each of its lines. */
function formsOf(secret: string): string[] {
  const lines = secret.split('\n').filter((line) => line.length > 15 && !line.startsWith('-----'));
  if (secret.includes('-----BEGIN')) return lines;
  const encoded = (['base64', 'base64url'] as const).map((form) => Buffer.from(secret).toString(form));
  return [secret, encodeURIComponent(secret), ...encoded];
}

/** Lines of a log that say every secret in several ways. */
function logOf(planted: Planted): string {
  return Object.values(planted)
    .flatMap((secret) => [
      JSON.stringify({ level: 30, time: '2026-11-27T10:00:00.000Z', msg: `tried with ${secret}`, password: secret }),
      `plain text of another program says ${secret} and ${Buffer.from(secret).toString('base64')}`,
      `url https://who:${encodeURIComponent(secret)}@host/path?token=${encodeURIComponent(secret)}`,
    ])
    .concat('the camera gate answers after 12 ms')
    .join('\n');
}

test('an agent: configuration, environment, files, log lines, records and messages of errors', {
  timeout: 180_000,
}, async () => {
  const folder = tempFolder();
  const file = (name: string, text: string) => {
    writeFileSync(path.join(folder, name), text);
    return `./${name}`;
  };
  const key = keyPem(newKey());
  const planted = {
    'token of the device': 'Dev1ceTokenValue-93x',
    'token of the local API': 'local api token 77',
    'password of the address': 'p4ss/w:rd&x',
    'password in the path': 'inPath5581',
    'password of a file': 'öffne dich',
    'variable that the configuration uses': 'from-the-environment-1',
    'variable that nobody uses': 'AKIA/secret+value=12',
    'extension of the configuration': 'shared-extension-secret',
    'comment of the configuration': 'note-to-self-secret',
    'record of the outbox': 'record-body-secret-55',
    'key of an enrolment': key,
  };
  const config = `device: gate
# ${planted['comment of the configuration']}
x-shared: { apiKey: ${planted['extension of the configuration']} }
hub: { url: "mqtt://127.0.0.1:1", tokenFile: ${file('device.token', planted['token of the device'])} }
api: { port: 0, tokenFile: ${file('api.token', planted['token of the local API'])} }
streams:
  yard: { source: "rtsp://admin:${encodeURIComponent(planted['password of the address'])}@127.0.0.1:1/live", detector: online }
  path: { source: { url: "rtsp://127.0.0.1:1/user=admin_password=${planted['password in the path']}_channel=1", openS: 1 } }
  file: { source: { url: "rtsp://127.0.0.1:1/a", user: watcher, passwordFile: ${file('cam.password', planted['password of a file'])}, openS: 1 } }
  variable: { source: "http://u:\${CAM_PASSWORD}@127.0.0.1:1/stream.mjpg" }
`;
  const configFile = path.join(folder, file('agent.yaml', config));
  file('enrolment.json', JSON.stringify({ device: 'gate', key }));
  const outbox = path.join(folder, 'data');
  mkdirSync(outbox);
  const database = openSqlite(path.join(outbox, 'outbox.db'), { synchronous: 'NORMAL' });
  database.exec(
    'CREATE TABLE meta (only INTEGER, state TEXT); CREATE TABLE records_0 (seq INTEGER, body TEXT); PRAGMA user_version = 2',
  );
  database.prepare('INSERT INTO records_0 VALUES (1, ?)').run(planted['record of the outbox']);
  database.close();
  const archive = path.join(folder, 'bundle.tar.gz');
  // A comment and a record reach no log: nothing knows that they are secret, so they are not in the log here either.
  const { 'comment of the configuration': _c, 'record of the outbox': _r, ...logged } = planted;
  const args = [
    'doctor',
    '-c',
    configFile,
    '--wait',
    '1',
    '--bundle',
    archive,
    '--log',
    path.join(folder, file('log', logOf(logged))),
  ];
  const env = {
    CAM_PASSWORD: planted['variable that the configuration uses'],
    CLOUD_ACCESS: planted['variable that nobody uses'],
    // As npm and systemd set them: what the product is called is no secret.
    npm_package_name: 'vedette',
    CONTAINER_NAME: 'vedette-agent',
  };
  const { code, stderr } = await startProgram('agent/main.js', args, { env }).ended;
  expect([code, stderr]).toEqual([1, expect.stringContaining('read it before you send it')]);
  const files = await opened(archive, planted);
  // And it still says what a helper needs.
  expect(files['agent.yaml']).toMatch(
    /device: gate[\s\S]*tokenFile: \.\/device\.token[\s\S]*rtsp:\/\/\[hidden\]@127\.0\.0\.1:1\/\[hidden\]/,
  );
  expect(files['log.txt']).toContain('the camera gate answers after 12 ms');
  expect(files['log.txt']).toContain('"msg":"tried with [hidden]","password":"[hidden]"');
  expect(JSON.parse(files['findings.json'] ?? '')).toEqual(
    expect.arrayContaining([expect.objectContaining({ subject: 'hub', level: 'broken' })]),
  );
  expect(files['environment.txt']).toContain('CAM_PASSWORD\n');
  expect(JSON.parse(files['about.json'] ?? '')).toMatchObject({ program: 'vedette-agent', node: process.version });
});

test('a hub: admin token, keys of authority and trust, password of the broker, environment, rows and log lines', {
  timeout: 120_000,
}, async () => {
  const folder = tempFolder();
  const dataDir = path.join(folder, 'hub');
  const hub = createHubProgram(dataDir);
  onTestFinished(() => hub.kill());
  await hub.start();
  const device = (await hub.api('/devices', { id: 'gate' })) as { token: string };
  await hub.stop();
  const read = (name: string) => readFileSync(path.join(dataDir, name), 'utf8').trim();
  // As a hub with TLS has them.
  const pki = path.join(dataDir, 'pki');
  mkdirSync(pki);
  const keys = { root: keyPem(newKey()), issuer: keyPem(newKey()) };
  writeFileSync(path.join(pki, 'root.key'), keys.root);
  writeFileSync(path.join(pki, 'issuer.pem'), keys.issuer);
  const planted = {
    'admin token': read('admin.token'),
    'token of a device': device.token,
    'key of the root': keys.root,
    'key of the issuer': keys.issuer,
    'key of the timestamp': read('trust/keys/timestamp.pem'),
    'password of the broker': 'br0ker pässword',
    variable: 'postgres-Passw0rd!',
    'row of the database': 'a-person-was-seen-here',
  };
  const database = openSqlite(path.join(dataDir, 'hub.db'), { synchronous: 'NORMAL' });
  database.prepare('UPDATE devices SET labels = ?').run(JSON.stringify({ note: planted['row of the database'] }));
  database.close();
  const passwordFile = path.join(folder, 'broker.password');
  writeFileSync(passwordFile, planted['password of the broker']);
  const { 'row of the database': _r, ...logged } = planted;
  const log = path.join(folder, 'log');
  writeFileSync(log, logOf(logged));
  const archive = path.join(folder, 'bundle.tar.gz');
  const broker = ['--mqtt-url', 'mqtt://127.0.0.1:1', '--mqtt-username', 'hub', '--mqtt-password-file', passwordFile];
  const args = ['doctor', '--data-dir', dataDir, '--tls', ...broker, '--bundle', archive, '--log', log];
  const { code } = await startProgram('cloud-hub/main.js', args, { env: { DATABASE_ADMIN: planted.variable } }).ended;
  expect(code).toBe(1);
  const files = await opened(archive, planted);
  expect(JSON.parse(files['settings.json'] ?? '')).toMatchObject({ tls: true, mqttPasswordFile: passwordFile });
  expect(JSON.parse(files['database.json'] ?? '')).toMatchObject({ rows: { devices: 1, claims: '[hidden]' } });
  expect(files['log.txt']).toContain('the camera gate answers');
  expect(JSON.parse(files['findings.json'] ?? '')).toEqual(
    expect.arrayContaining([expect.objectContaining({ subject: 'broker', level: 'broken' })]),
  );
});
