/** The device's identity: is its file whole and for its owner alone, how long is its certificate good, and whom does it trust? */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { type Finding, finding } from '../../shared/doctor/finding.ts';
import { lookAtSecretFile } from '../../shared/doctor/probes/secret-file.ts';
import { judgeCertificate } from '../../shared/doctor/verdicts/certificate.ts';
import { judgeSecretFile } from '../../shared/doctor/verdicts/secret-file.ts';
import { messageOf } from '../../shared/kit/errors.ts';
import { nameOf } from '../../shared/pki/chain.ts';
import { certificatesOf, validityOf } from '../../shared/pki/pem.ts';
import type { TimeRange } from '../../shared/pki/time.ts';
import { PENDING_FILE } from '../identity/enrol.ts';
import { type Identity, readIdentity } from '../identity/file.ts';

const ENROL = '`vedette-agent enroll` with a new claim, after the file was removed';
const LATE =
  'is the agent running, and can it reach the hub? It renews by itself; its log says why it could not (`the certificate could not be renewed`)';

/** @param time what is known of the time: a clock that nobody has set must not look like a certificate that ended */
export function examineIdentity(file: string, time: TimeRange): Finding[] {
  const facts = lookAtSecretFile(file);
  if (facts.state === 'missing' && existsSync(path.join(path.dirname(file), PENDING_FILE))) {
    const text = `${file} is not there: an enrolment was begun and not finished`;
    return [finding('identity', 'broken', text, 'run the same `vedette-agent enroll` again: the claim counts once')];
  }
  const wrong = judgeSecretFile('identity', file, facts, '`vedette-agent enroll` makes it');
  if (facts.state !== 'there') return wrong ? [wrong] : [];
  try {
    return [...(wrong ? [wrong] : []), ...certificatesIn(readIdentity(file), time)];
  } catch (error) {
    return [finding('identity', 'broken', messageOf(error), ENROL)];
  }
}

function certificatesIn({ current, next, roots }: Identity, time: TimeRange): Finding[] {
  const [leaf] = certificatesOf(current.certificate);
  const begun = next && finding('renewal', 'note', describe(next), LATE);
  const own = leaf
    ? [
        judgeCertificate({
          ...{ subject: 'certificate', name: nameOf(leaf), ...validityOf(leaf), time },
          mend: `start the agent: within the hub's grace (--grace-days) it renews by proof of its key; later ${ENROL}`,
          late: LATE,
        }),
      ]
    : [];
  const trusted = (roots === undefined ? [] : certificatesOf(roots)).map((root) =>
    judgeCertificate({
      ...{ subject: 'root of the hub', name: nameOf(root), ...validityOf(root), time },
      ...{
        mend: `the hub has another root: ${ENROL}`,
        late: 'the hub makes a new one with `vedette-hub ca renew-root`',
      },
    }),
  );
  return [...own, ...(begun ? [begun] : []), ...trusted];
}

function describe({ certificate }: NonNullable<Identity['next']>): string {
  return certificate === undefined
    ? 'a new key waits for its certificate'
    : 'a new certificate waits to be proven on a connection';
}
