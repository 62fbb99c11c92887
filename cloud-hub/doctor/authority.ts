/** The hub's own authority: are its files there and whole, and how long do its certificates live? */
import type { X509Certificate } from 'node:crypto';
import path from 'node:path';
import { type Finding, finding } from '../../shared/doctor/finding.ts';
import { lookAtSecretFile } from '../../shared/doctor/probes/secret-file.ts';
import { judgeCertificate } from '../../shared/doctor/verdicts/certificate.ts';
import { judgeSecretFile } from '../../shared/doctor/verdicts/secret-file.ts';
import { messageOf } from '../../shared/kit/errors.ts';
import { nameOf } from '../../shared/pki/chain.ts';
import { validityOf } from '../../shared/pki/pem.ts';
import { exactTime } from '../../shared/pki/time.ts';
import { type AuthorityFiles, authorityFiles } from '../pki/authority-files.ts';

/** @param now milliseconds since 1970 */
export function examineAuthority(dataDir: string, now: number): Finding[] {
  const files = authorityFiles(path.join(dataDir, 'pki'));
  if (!files.hasRoot())
    return [finding('authority', 'note', `${files.folder} has no authority: the first start with TLS makes it`)];
  const judge = (subject: string, certificate: X509Certificate, mend: string, late: string) =>
    judgeCertificate({
      ...{ subject, name: nameOf(certificate), ...validityOf(certificate), time: exactTime(now) },
      ...{ mend, late },
    });
  const renewIssuer = `vedette-hub ca renew-issuer${files.hasRootKey() ? '' : ' --root-key FILE'}`;
  return [
    ...orBroken('root', files, () =>
      files
        .roots()
        .map((root) =>
          judge(
            'root',
            root,
            'vedette-hub ca renew-root; devices that have no other root enrol again',
            'vedette-hub ca renew-root',
          ),
        ),
    ),
    ...orBroken('issuer', files, () => {
      const issuer = files.issuer();
      if (issuer) return [judge('issuer', issuer.certificate, renewIssuer, renewIssuer)];
      const file = path.join(files.folder, 'issuer.pem');
      return [finding('issuer', 'broken', `${file} is not there`, renewIssuer)];
    }),
    ...orBroken('hub certificate', files, () => {
      const server = files.server();
      // A hub with a certificate from files has none of its own.
      if (!server) return [];
      const renews = 'start the hub: it makes a new one, now and while it runs';
      return [judge('hub certificate', server.certificate, renews, renews)];
    }),
    ...secretsOf(files),
  ];
}

function secretsOf({ folder, hasRootKey }: AuthorityFiles): Finding[] {
  const names = ['issuer.pem', 'server.pem', ...(hasRootKey() ? ['root.key'] : [])];
  return names.flatMap((name) => {
    const file = path.join(folder, name);
    const facts = lookAtSecretFile(file);
    if (facts.state === 'missing') return [];
    const found = judgeSecretFile('authority', file, facts, '');
    return found ? [found] : [];
  });
}

function orBroken(subject: string, { folder }: AuthorityFiles, look: () => Finding[]): Finding[] {
  try {
    return look();
  } catch (error) {
    const mend = `put ${folder} of a backup in its place; without one, move it aside: the hub makes a new authority, and all devices enrol again`;
    return [finding(subject, 'broken', messageOf(error), mend)];
  }
}
