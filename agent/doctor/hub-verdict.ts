/** What it means whether the hub takes this device. Pure. */

import { type Finding, finding } from '../../shared/doctor/finding.ts';
import type { HubFacts } from '../sync/try-hub.ts';

export function judgeHub(url: string, device: string, facts: HubFacts): Finding {
  switch (facts.state) {
    case 'accepted':
      return finding('hub', 'ok', `${url} accepts "${device}" (${Math.round(facts.ms)} ms)`);
    case 'refused':
      return finding(
        'hub',
        'broken',
        `${url}: ${facts.reason}`,
        `\`hub.tokenFile\` must hold what \`vedette-hub device add ${device}\` printed; an identity must not be revoked (\`vedette-agent enroll\`)`,
      );
    case 'unreachable':
      return finding(
        'hub',
        'broken',
        `${url}: ${facts.reason}`,
        'is the hub running, and are address, port and firewall right? The agent keeps everything until it reaches the hub',
      );
  }
}
