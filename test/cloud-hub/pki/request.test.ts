/** Requests for certificates as OpenSSL makes them: one kind is taken. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { checkRequest, RequestFault } from '../../../cloud-hub/pki/request.ts';
import { certificateRequest, keyPem, newKey } from '../../../shared/pki/keys.ts';
import { openssl } from '../../support/openssl.ts';
import { tempFolder } from '../../support/temp.ts';

const P256 = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'];

async function made(subject: string, more: readonly string[] = [], key: readonly string[] = P256): Promise<string> {
  const out = path.join(tempFolder(), 'request.pem');
  const { ok, text } = await openssl([
    'req',
    '-new',
    ...key,
    '-nodes',
    '-keyout',
    '/dev/null',
    '-subj',
    subject,
    '-out',
    out,
    '-outform',
    'PEM',
    ...more,
  ]);
  if (!ok) throw new Error(text);
  return (await openssl(['req', '-in', out])).text;
}

test('a request with a name and a P-256 key is taken, from OpenSSL and from ourselves', async () => {
  expect(await checkRequest(await made('/CN=gate-3'))).toMatchObject({ device: 'gate-3' });
  const own = await certificateRequest('gate-3', keyPem(newKey()));
  expect(await checkRequest(own)).toMatchObject({
    device: 'gate-3',
    fingerprint: expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
  });
  const file = path.join(tempFolder(), 'own.pem');
  writeFileSync(file, own);
  expect((await openssl(['req', '-in', file, '-noout', '-verify', '-subject'])).text).toMatch(
    /CN = gate-3[\s\S]*verify OK/,
  );
});

test.each([
  ['a weak RSA key', () => made('/CN=a', [], ['-newkey', 'rsa:1024']), /must be EC P-256, and is rsa/],
  ['a strong RSA key', () => made('/CN=a', [], ['-newkey', 'rsa:2048']), /must be EC P-256, and is rsa/],
  [
    'another curve',
    () => made('/CN=a', [], ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:secp224r1']),
    /must be EC P-256, and is ec secp224r1/,
  ],
  [
    'extra extensions',
    () => made('/CN=a', ['-addext', 'basicConstraints=critical,CA:TRUE']),
    /attributes or extensions/,
  ],
  [
    'another name beside',
    () => made('/CN=a', ['-addext', 'subjectAltName=DNS:hub.example']),
    /attributes or extensions/,
  ],
  ['more in its subject', () => made('/O=vedette/CN=a'), /must be CN=NAME and nothing else/],
  ['two names', () => made('/CN=a/CN=b'), /must be CN=NAME and nothing else/],
  ['no name', () => made('/O=a'), /must be CN=NAME and nothing else/],
  ['a name that is none', () => made('/CN=Gate 3'), /its name must be 1 to 64 characters/],
  ['wildcards of MQTT', () => made('/CN=#'), /its name must be 1 to 64 characters/],
  ['the name of the hub at a broker', () => made('/CN=vedette-hub'), /the hub's own/],
  ['a signature with SHA-1', () => made('/CN=a', ['-sha1']), /signature is not one of its key/],
  ['text', async () => 'hello', /not one block of PEM/],
  ['a certificate', async () => '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----', /not one block of PEM/],
  [
    'garbage in PEM',
    async () => '-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----',
    /cannot be read/,
  ],
  ['two requests', async () => (await made('/CN=a')).repeat(2), /not one block of PEM/],
  ['a long text', async () => 'x'.repeat(4097), /longer than 4096/],
] as [string, () => Promise<string>, RegExp][])('%s is refused', async (_what, make, message) => {
  await expect(checkRequest(await make())).rejects.toThrow(message);
});

test('a request whose name was changed after it was signed is refused, and any other change of a byte too', async () => {
  const pem = await made('/CN=gate-3');
  const der = Buffer.from(pem.replaceAll(/-----[^-]+-----|\s/g, ''), 'base64');
  const at = der.indexOf('gate-3');
  for (const [offset, byte] of [
    [at, 0x6d],
    [der.length - 4, (der.at(-4) ?? 0) ^ 1],
  ] as const) {
    const changed = Buffer.from(der);
    changed[offset] = byte;
    const text = `-----BEGIN CERTIFICATE REQUEST-----\n${changed.toString('base64')}\n-----END CERTIFICATE REQUEST-----`;
    await expect(checkRequest(text)).rejects.toThrow(/signature is not one of its key|cannot be read/);
  }
});

test('whatever bit is changed, the request is refused in words, or it is the same name and key', async () => {
  const der = Buffer.from((await made('/CN=gate-3')).replaceAll(/-----[^-]+-----|\s/g, ''), 'base64');
  const textOf = (bytes: Buffer) =>
    `-----BEGIN CERTIFICATE REQUEST-----\n${bytes.toString('base64')}\n-----END CERTIFICATE REQUEST-----`;
  const asked = await checkRequest(textOf(der));
  for (let bit = 0; bit < der.length * 8; bit++) {
    const changed = Buffer.from(der);
    changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    const found = await checkRequest(textOf(changed)).catch((error: unknown) => error);
    if (!(found instanceof RequestFault))
      expect(found).toMatchObject({ device: 'gate-3', fingerprint: asked.fingerprint });
  }
});
