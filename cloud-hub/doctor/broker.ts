/** An external broker: is it there, and does it take the hub? */
import { type Finding, finding } from '../../shared/doctor/finding.ts';
import { lookAtBroker } from '../../shared/doctor/probes/broker.ts';
import type { Clock } from '../../shared/kit/clock.ts';
import { messageOf } from '../../shared/kit/errors.ts';
import { connectionOfFolder } from '../broker/external-connection.ts';
import type { HubConfig } from '../config.ts';

const TIMEOUT_MS = 10_000;

/** @param url of the broker */
export async function examineBroker(config: HubConfig, url: string, clock: Clock): Promise<Finding> {
  let connection: Awaited<ReturnType<typeof connectionOfFolder>>;
  try {
    connection = await connectionOfFolder(config, url, clock);
  } catch (error) {
    return finding('broker', 'broken', messageOf(error), 'name a file that the hub may read');
  }
  const facts = await lookAtBroker({
    connection: { ...connection, clientId: 'vedette-hub-doctor' },
    timeoutMs: TIMEOUT_MS,
    clock,
  });
  switch (facts.state) {
    case 'accepted':
      return finding('broker', 'ok', `${url} takes the hub (${Math.round(facts.ms)} ms)`);
    case 'refused':
      return finding(
        'broker',
        'broken',
        `${url}: ${facts.reason}`,
        'give the hub a user or certificate that the broker knows (--mqtt-username, --mqtt-password-file, --mqtt-cert-file)',
      );
    case 'unreachable':
      return finding(
        'broker',
        'broken',
        `${url}: ${facts.reason}`,
        'does the broker run, are address and firewall right, and does --mqtt-ca-file hold its authority?',
      );
  }
}
