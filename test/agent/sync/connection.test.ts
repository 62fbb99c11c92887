import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { ConfigError, loadConfig } from '../../../agent/config.ts';
import { enrol, filesOf } from '../../../agent/identity/enrol.ts';
import { readConnection } from '../../../agent/sync/connection.ts';
import { systemClock } from '../../../shared/kit/clock.ts';
import { TrustFault } from '../../../shared/pki/dial.ts';
import { newClaim, secureHub } from '../../support/secure-hub.ts';
import { tempFolder } from '../../support/temp.ts';

const surroundings = { clock: systemClock, isSynced: () => true };

function files(texts: Record<string, string>) {
  const folder = tempFolder();
  for (const [name, text] of Object.entries(texts)) writeFileSync(path.join(folder, name), text);
  const at = (name: string) => path.join(folder, name);
  return {
    at,
    hub: { url: 'mqtts://hub:8883', tokenFile: at('token'), version: '3.1.1' as const, backfillPerSecond: 7 },
  };
}

function certificate(folder: string): string {
  const file = path.join(folder, 'ca.pem');
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', '/dev/null'];
  execFileSync('openssl', ['req', '-x509', ...key, '-out', file, '-subj', '/CN=ca', '-days', '2'], { stdio: 'ignore' });
  return file;
}

test('the files that the configuration names are read, without the blanks around', () => {
  const { at, hub } = files({ token: '  secret \n', cert: 'CERT\n', key: 'KEY\n' });
  const read = (more: object) => readConnection({ ...hub, ...more }, 'box', surroundings);
  const own = read({ caFile: certificate(at('.')), version: '5', certFile: at('cert'), keyFile: at('key') });
  expect([own.token, own.limits, own.broker.protocolVersion]).toEqual(['secret', { backfillPerSecond: 7 }, 5]);
  expect(read({}).broker).toMatchObject({ url: 'mqtts://hub:8883', protocolVersion: 4 });
  // Without TLS there is nobody to judge.
  expect(read({ url: 'mqtt://hub:1883' }).broker).toEqual({ url: 'mqtt://hub:1883', protocolVersion: 4 });
  for (const url of ['mqtts://hub', 'wss://hub/mqtt']) expect(read({ url }).broker.open).toBeTypeOf('function');
});

test.each(['tokenFile', 'caFile', 'certFile', 'keyFile'] as const)('a %s that is missing or empty is named', (key) => {
  const { at, hub } = files({ token: 't', empty: ' \n' });
  const refusal = (file: string) => {
    try {
      readConnection({ ...hub, certFile: at('token'), keyFile: at('token'), [key]: file }, 'box', surroundings);
    } catch (error) {
      expect(error).toBeInstanceOf(ConfigError);
      return String(error);
    }
    return '';
  };
  expect(refusal(at('empty'))).toMatch(new RegExp(`hub\\.${key}: ${at('empty')} is empty`));
  expect(refusal(at('none'))).toMatch(new RegExp(`hub\\.${key}: .*ENOENT.*${at('none')}`));
  expect(refusal(at('none')).includes('vedette-hub device add')).toBe(key === 'tokenFile');
});

test('a file without a certificate is no authority', () => {
  const { at, hub } = files({ token: 't', ca: 'CA' });
  const read = () => readConnection({ ...hub, caFile: at('ca') }, 'box', surroundings);
  expect(read).toThrow(/hub\.caFile: .*no certificate in PEM form/);
});

test('an identity file that is none is named with what is wrong', () => {
  const { at, hub } = files({ token: 't', identity: '{"device":' });
  const read = () => readConnection({ ...hub, identityFile: at('identity') }, 'box', surroundings);
  expect(read).toThrow(ConfigError);
  expect(read).toThrow(/^hub\.identityFile: .*identity/);
});

test('requests to the hub go by the authority of the configuration, and by no other', async () => {
  const secure = await secureHub();
  const { at, hub } = files({ token: secure.token, ca: secure.authority.roots().map(String).join('\n') });
  const ask = (more: object) =>
    readConnection({ ...hub, ...more }, 'box', surroundings).fetch(`${secure.url}/api/v1/devices`, {
      headers: { authorization: `Bearer ${secure.token}` },
    });
  expect((await ask({ caFile: at('ca') })).status).toBe(200);
  await expect(ask({})).rejects.toThrow('issuer certificate');
  await expect(ask({ caFile: certificate(at('.')) })).rejects.toThrow(TrustFault);
});

test('a certificate is proven at the broker, by the name of the box; that of a box that was removed is refused with the reason', async () => {
  const secure = await secureHub();
  const folder = tempFolder();
  const { signal } = new AbortController();
  const claim = await newClaim(secure);
  const quiet = { reaches: async () => true, print: () => undefined, signal };
  await enrol({ hub: secure.url, claim, device: 'gate', folder, ...quiet, ...surroundings });
  const { hub } = loadConfig(filesOf(folder).config);
  if (!hub) throw new Error('the configuration has no hub');
  expect(() => readConnection(hub, 'yard', surroundings)).toThrow(
    'device: yard is not the name with which this box was enrolled: "gate"',
  );
  const { identity, token } = readConnection(hub, 'gate', surroundings);
  if (!identity) throw new Error('there is no identity');
  expect(token).toBeUndefined();
  const credentials = identity.holder.credentials();
  expect(await identity.prove(credentials)).toBeUndefined();

  const removed = await secure.request('/api/v1/devices/gate', { method: 'DELETE' });
  expect(removed.ok).toBe(true);
  await expect(identity.prove(credentials)).rejects.toThrow(/refused this client: .*Not authorized/);
});
