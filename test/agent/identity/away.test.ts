/** A device that was away for more than the life of its certificate, while the authority of its hub was rotated. */
import { type EventEmitter, once } from 'node:events';
import { MqttClient } from 'mqtt';
import { expect, onTestFinished, test } from 'vitest';
import { loadConfig } from '../../../agent/config.ts';
import { enrol, filesOf } from '../../../agent/identity/enrol.ts';
import { readIdentity } from '../../../agent/identity/file.ts';
import { createRenewer } from '../../../agent/identity/renewer.ts';
import { readConnection } from '../../../agent/sync/connection.ts';
import { newIssuer, newRoot } from '../../../cloud-hub/pki/authority.ts';
import { authorityFiles } from '../../../cloud-hub/pki/authority-files.ts';
import { systemClock } from '../../../shared/kit/clock.ts';
import { createLogger } from '../../../shared/kit/log.ts';
import { certificatesOf } from '../../../shared/pki/pem.ts';
import { newClaim, secureHub } from '../../support/secure-hub.ts';
import { tempFolder } from '../../support/temp.ts';
import { until } from '../../support/until.ts';

const DAY = 86_400_000;

test('away for 35 days, in which root and issuer were renewed: it renews its certificate, learns the new root, and connects when the old one is trusted no more', async () => {
  const first = await secureHub();
  const folder = tempFolder();
  const isSynced = () => true;
  const reaches = async () => true;
  const signal = new AbortController().signal;
  const claim = await newClaim(first);
  await enrol({
    hub: first.url,
    claim,
    device: 'gate',
    folder,
    reaches,
    print: () => undefined,
    signal,
    clock: systemClock,
    isSynced,
  });
  const { hub: hubConfig } = loadConfig(filesOf(folder).config);
  if (!hubConfig) throw new Error('the configuration has no hub');
  const before = readIdentity(filesOf(folder).identity);
  const { httpPort, mqttPort } = first.hub;
  await first.hub.stop();

  const files = authorityFiles(`${first.folder}/pki`);
  await newRoot(files, systemClock.wall() + 10 * DAY);
  await newIssuer(files, systemClock.wall() + 20 * DAY);
  const clock = { ...systemClock, wall: () => systemClock.wall() + 35 * DAY };
  await secureHub({ folder: first.folder, clock, config: { httpPort, mqttPort } });

  const connect = () => readConnection(hubConfig, 'gate', { clock, isSynced }).broker.open?.(signal);
  const connection = readConnection(hubConfig, 'gate', { clock, isSynced });
  if (!connection.identity) throw new Error('there is no identity');
  const log = createLogger('test', 'silent');
  const renewer = createRenewer({ ...connection.identity, fetch: connection.fetch, clock, log });
  onTestFinished(() => renewer.stop());
  await renewer.start?.();
  const identity = () => readIdentity(filesOf(folder).identity);
  await until(() => identity().current.certificate !== before.current.certificate, 'it is renewed');

  const newest = files.root();
  expect(certificatesOf(identity().roots ?? '').some(({ raw }) => raw.equals(newest.raw))).toBe(true);
  files.writeTrusted([newest]);
  const stream = await connect();
  if (!stream) throw new Error('there is no stream');
  const client = new MqttClient(() => stream, { clientId: 'x', reconnectPeriod: 0 });
  onTestFinished(() => void client.end(true));
  // The hub's own answer: it has taken the certificate.
  await once(client as unknown as EventEmitter, 'connect');
});
