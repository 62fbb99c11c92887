/** Everything that `vedette-hub doctor` looks at, in the order in which a person reads it. */
import path from 'node:path';
import { type Finding, finding } from '../../shared/doctor/finding.ts';
import { lookAtDisk } from '../../shared/doctor/probes/disk.ts';
import { lookAtPort } from '../../shared/doctor/probes/port.ts';
import { judgeClock } from '../../shared/doctor/verdicts/clock.ts';
import { judgeDisk } from '../../shared/doctor/verdicts/disk.ts';
import { judgeNode } from '../../shared/doctor/verdicts/node.ts';
import { judgePort } from '../../shared/doctor/verdicts/port.ts';
import type { Clock } from '../../shared/kit/clock.ts';
import { clockQuality } from '../../shared/kit/clock-quality.ts';
import { type HubConfig, portsOf, protectionOf } from '../config.ts';
import { isFolderInUse } from '../store/lock.ts';
import { MIN_FREE_BYTES } from '../store/space.ts';
import { examineAdminToken } from './admin-token.ts';
import { examineAuthority } from './authority.ts';
import { examineBroker } from './broker.ts';
import { examineDatabase } from './database.ts';
import { examineGivenCertificate } from './given-certificate.ts';
import { examineGrowth } from './growth.ts';
import { examinePostgres } from './postgres.ts';
import { examineRunning } from './running.ts';

export interface Examination {
  readonly config: HubConfig;
  /** As `process.version` says it. */
  readonly nodeVersion: string;
  readonly clock: Clock;
}

export async function examineHub({ config, nodeVersion, clock }: Examination): Promise<Finding[]> {
  const dataDir = path.resolve(config.dataDir);
  const isRunning = isFolderInUse(dataDir);
  const now = clock.wall();
  const minMb = Math.ceil(MIN_FREE_BYTES / 2 ** 20);
  const protection = protectionOf(config);
  const { tlsCert = '', tlsKey = '' } = config;
  return [
    judgeNode(nodeVersion),
    judgeClock(clockQuality(now), now, 'certificates, rollouts and the times of records depend on it'),
    judgeDisk(lookAtDisk(dataDir, clock), {
      free: { mb: minMb, why: `the ${minMb} MB below which the hub takes no records` },
      unwritable: 'give the hub a --data-dir that it may write to',
    }),
    ...(await examineStore(config, dataDir, now)),
    ...(protection === 'none' ? [plain(config)] : examineAuthority(dataDir, now)),
    ...(protection === 'given' ? examineGivenCertificate(tlsCert, tlsKey, now) : []),
    ...(await examinePorts(config, isRunning)),
    ...(isRunning
      ? await examineRunning(config, dataDir, clock)
      : [finding('hub', 'note', `none runs with ${dataDir}`)]),
    // A hub that runs says itself whether it is connected; a second connection under its name could end the first.
    ...(isRunning || config.mqttUrl === undefined ? [] : [await examineBroker(config, config.mqttUrl, clock)]),
  ];
}

/** What is in the file; of a server only whether it answers, and what it has. */
async function examineStore(config: HubConfig, dataDir: string, now: number): Promise<Finding[]> {
  const elsewhere = await examinePostgres(config, dataDir);
  if (elsewhere) return [elsewhere];
  return [examineDatabase(dataDir), ...(await examineGrowth(config, dataDir, now)), ...examineAdminToken(dataDir)];
}

function plain({ host, insecurePlaintext }: HubConfig): Finding {
  if (!insecurePlaintext) return finding('TLS', 'ok', `none: the hub listens on ${host} only`);
  const text = `none on ${host} (--insecure-plaintext): tokens, records and pictures go over the network in plain text`;
  return finding('TLS', 'note', text, 'leave --insecure-plaintext out');
}

async function examinePorts(config: HubConfig, isRunning: boolean): Promise<Finding[]> {
  const { http, mqtt } = portsOf(config);
  const ports = [
    { subject: 'HTTP port', port: http, option: '--http-port' },
    ...(config.mqttUrl === undefined ? [{ subject: 'MQTT port', port: mqtt, option: '--mqtt-port' }] : []),
  ].filter(({ port }) => port !== 0);
  return Promise.all(
    ports.map(async ({ subject, port, option }) => {
      const { host } = config;
      const use = { subject, host, port, runs: isRunning ? 'hub' : undefined, choose: `choose another with ${option}` };
      return judgePort(use, await lookAtPort(host, port));
    }),
  );
}
