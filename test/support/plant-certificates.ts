/** Certificates as plants have them: an authority of their own that nobody else knows. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { openssl } from './openssl.ts';

/**
 * An authority (`ca`), and a certificate and key of it for a server (`broker`) and for a client, as PEM files of the folder.
 * @param names of both, as OpenSSL writes them
 * @returns their paths by name
 */
export async function plantCertificates(folder: string, names = 'DNS:localhost,IP:127.0.0.1') {
  const run = async (...args: string[]) => {
    const { ok, text } = await openssl(args);
    if (!ok) throw new Error(text);
  };
  const at = (name: string) => path.join(folder, name);
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  await run('req', '-x509', ...key, '-keyout', at('ca.key'), '-out', at('ca.pem'), '-days', '30', '-subj', '/CN=plant');
  for (const name of ['broker', 'client']) {
    const extensions = at(`${name}.ext`);
    writeFileSync(extensions, `subjectAltName=${names}\n`);
    await run('req', '-new', ...key, '-keyout', at(`${name}.key`), '-out', at(`${name}.csr`), '-subj', `/CN=${name}`);
    const signed = [
      '-CA',
      at('ca.pem'),
      '-CAkey',
      at('ca.key'),
      '-CAcreateserial',
      '-days',
      '30',
      '-extfile',
      extensions,
    ];
    await run('x509', '-req', '-in', at(`${name}.csr`), ...signed, '-out', at(`${name}.pem`));
  }
  return at;
}
