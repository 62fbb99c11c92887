/** A certificate that people have given (`--tls-cert`, `--tls-key`): do the files fit, and how long are they good? */
import { createPrivateKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { type Finding, finding } from '../../shared/doctor/finding.ts';
import { judgeCertificate } from '../../shared/doctor/verdicts/certificate.ts';
import { messageOf } from '../../shared/kit/errors.ts';
import { nameOf } from '../../shared/pki/chain.ts';
import { certificatesOf, validityOf } from '../../shared/pki/pem.ts';
import { exactTime } from '../../shared/pki/time.ts';

const SUBJECT = 'hub certificate';

/** @param now milliseconds since 1970 */
export function examineGivenCertificate(certFile: string, keyFile: string, now: number): Finding[] {
  try {
    const chain = certificatesOf(readFileSync(certFile, 'utf8'));
    const [leaf] = chain;
    if (!leaf?.checkPrivateKey(createPrivateKey(readFileSync(keyFile))))
      return [finding(SUBJECT, 'broken', `${keyFile} is not the key of ${certFile}`, 'give both files of one pair')];
    const renew = `replace ${certFile} and ${keyFile}: the running hub takes new files within an hour`;
    return chain.map((one) =>
      judgeCertificate({
        ...{ subject: SUBJECT, name: nameOf(one), ...validityOf(one), time: exactTime(now) },
        ...{ mend: renew, late: renew },
      }),
    );
  } catch (error) {
    return [finding(SUBJECT, 'broken', messageOf(error), 'name PEM files with --tls-cert and --tls-key')];
  }
}
