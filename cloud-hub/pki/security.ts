/**
 * What protects the hub's listeners, and who its devices are: its authority, and key and certificate of the listeners, which are
 * renewed while it runs.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { inBackground } from '../../shared/kit/background.ts';
import type { Cancel, Clock } from '../../shared/kit/clock.ts';
import { messageOf } from '../../shared/kit/errors.ts';
import type { Logger } from '../../shared/kit/log.ts';
import { keyPem } from '../../shared/pki/keys.ts';
import { certificatesOf, pemOf, validityOf } from '../../shared/pki/pem.ts';
import { type HubConfig, protectionOf } from '../config.ts';
import { HubAuthority, isDue, LOOK_MS } from './authority.ts';
import { type ListenerKeys, ListenerKeysHolder } from './listener-security.ts';
import { namesOfThisMachine } from './names.ts';

const CHECK_MS = 3600_000;
const WARN_MS = 60 * 24 * 3600_000;

export interface Security {
  readonly authority: HubAuthority;
  readonly listener: ListenerKeysHolder;
  /** Is the listeners' certificate one of the own authority, so that devices can trust its root? */
  readonly isOwn: boolean;
  start(): void;
  stop(): void;
}

/** @throws Error that names the setting or file and what is wrong with it */
export async function openSecurity(
  config: Pick<HubConfig, 'host' | 'tls' | 'tlsCert' | 'tlsKey' | 'tlsNames' | 'insecurePlaintext'>,
  dataDir: string,
  clock: Clock,
  log: Logger,
): Promise<Security | undefined> {
  const protection = protectionOf(config);
  if (protection === 'none') return undefined;
  const authority = await HubAuthority.open(path.join(dataDir, 'pki'), clock.wall());
  const read = async (): Promise<ListenerKeys> => {
    const clientCa = pemOf(authority.roots());
    if (protection === 'given') return { ...givenKeys(config), clientCa };
    const { key, cert } = await authority.server(namesOfThisMachine([config.host, ...config.tlsNames]), clock.wall());
    return { key: keyPem(key), cert, clientCa };
  };
  const listener = new ListenerKeysHolder(await read());
  let cancels: Cancel[] = [];
  let seen = authority.state();

  const renew = async () => {
    seen = authority.state();
    try {
      listener.replace(await read());
    } catch (error) {
      log.error({ err: error }, 'the certificate of the listeners cannot be renewed; the present one stays');
    }
    const { certificate } = authority.issuer();
    if (!isDue(certificate, clock.wall()) || validityOf(certificate).to - clock.wall() > WARN_MS) return;
    log.warn(
      { until: certificate.validTo },
      'the issuer ends soon: run `vedette-hub ca renew-issuer` with the key of the root',
    );
  };
  const renewSoon = () => inBackground(log, 'the certificates could not be looked at', renew);
  return {
    authority,
    listener,
    isOwn: protection === 'own',
    start() {
      cancels = [
        clock.every(CHECK_MS, renewSoon),
        // A claim names the newest root: the listeners have to be below it, and trust what it signed.
        clock.every(LOOK_MS, () => {
          if (authority.state() !== seen) renewSoon();
        }),
      ];
    },
    stop() {
      for (const cancel of cancels) cancel();
    },
  };
}

/** A certificate that people have given; its files may be replaced while the hub runs. */
function givenKeys({ tlsCert = '', tlsKey = '' }: Pick<HubConfig, 'tlsCert' | 'tlsKey'>): ListenerKeys {
  const cert = readSetting(tlsCert, '--tls-cert');
  const key = readSetting(tlsKey, '--tls-key');
  try {
    certificatesOf(cert);
  } catch (error) {
    throw new Error(`--tls-cert: ${tlsCert}: ${messageOf(error)}`, { cause: error });
  }
  return { key, cert };
}

function readSetting(file: string, setting: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new Error(`${setting}: ${messageOf(error)}`, { cause: error });
  }
}
