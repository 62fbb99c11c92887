/** The shape of metadata files field by field, their bounds, and the signatures that we make. */
import { generateKeyPairSync, verify } from 'node:crypto';
import { expect, test } from 'vitest';
import { canonicalBytes, countSigners, keyIdOf, readFile, requireSigned } from '../../../shared/trust/file.ts';
import { maxBytesOf, type RoleName, roleNames } from '../../../shared/trust/schema.ts';
import {
  addSignatures,
  metadataBytes,
  newSigningKey,
  pemOf,
  signingKeyFromPem,
  signMetadata,
} from '../../../shared/trust/sign.ts';
import { Forge, newKeys } from './forge.ts';

const forge = new Forge();
forge.addTarget('m/1.0.0.tar.gz');
forge.publish();
const fileOf = (role: RoleName) =>
  forge.file(role === 'timestamp' ? 'timestamp.json' : `${forge.versions[role]}.${role}.json`);
const parsed = (role: RoleName) => JSON.parse(Buffer.from(fileOf(role)).toString('utf8'));

/** The file with something else at a path; undefined takes the field away. */
function changed(role: RoleName, at: string, value: unknown): Buffer {
  const file = parsed(role);
  const steps = at.split('/');
  const last = steps.pop() ?? '';
  const holder = steps.reduce((found, step) => found[step], file);
  if (value === undefined) delete holder[last];
  else holder[last] = value;
  return Buffer.from(JSON.stringify(file));
}

const hex = (digits: number) => 'a'.repeat(digits);
const many = <T>(count: number, item: T) => new Array<T>(count).fill(item);
const keyIn = Object.keys(parsed('root').signed.keys)[0] ?? '';
const signature = { keyid: hex(64), sig: hex(128) };
const named = { version: 1, length: 0, hashes: { sha256: hex(64) } };

/** Role, field, what is wrong there. */
const wrong: [RoleName, string, unknown][] = [
  ...roleNames.flatMap((role): [RoleName, string, unknown][] => [
    [role, 'signed/_type', role === 'root' ? 'targets' : 'root'],
    [role, 'signed/_type', undefined],
    [role, 'signed/version', 0],
    [role, 'signed/version', 2 ** 31 + 1],
    [role, 'signed/version', 1.5],
    [role, 'signed/version', '1'],
    [role, 'signed/expires', 'tomorrow'],
    [role, 'signed/expires', '2030-01-01'],
    [role, 'signed/expires', undefined],
    [role, 'signed/spec_version', '2.0.0'],
    [role, 'signed/spec_version', '1'],
    [role, 'signed/spec_version', '11.0'],
    [role, 'signed/spec_version', undefined],
    [role, 'signatures', undefined],
    [role, 'signatures', many(65, signature)],
    [role, 'signatures/0/keyid', hex(63)],
    [role, 'signatures/0/keyid', hex(65)],
    [role, 'signatures/0/keyid', hex(64).toUpperCase()],
    [role, 'signatures/0/sig', hex(127)],
    [role, 'signatures/0/sig', 'g'.repeat(128)],
    [role, 'signed', undefined],
  ]),
  ['root', 'signed/consistent_snapshot', false],
  ['root', 'signed/consistent_snapshot', undefined],
  ['root', `signed/keys/${keyIn}/keytype`, 'rsa'],
  ['root', `signed/keys/${keyIn}/scheme`, 'rsassa-pss-sha256'],
  ['root', `signed/keys/${keyIn}/keyval/public`, hex(63)],
  ['root', `signed/keys/${keyIn}/keyval`, undefined],
  ['root', 'signed/keys/short', {}],
  ...roleNames.flatMap((role): [RoleName, string, unknown][] => [
    ['root', `signed/roles/${role}`, undefined],
    ['root', `signed/roles/${role}/threshold`, 0],
    ['root', `signed/roles/${role}/threshold`, 33],
    ['root', `signed/roles/${role}/threshold`, 1.5],
    ['root', `signed/roles/${role}/keyids`, many(33, hex(64))],
    ['root', `signed/roles/${role}/keyids`, ['x']],
  ]),
  ...(
    [
      ['timestamp', 'snapshot.json'],
      ['snapshot', 'targets.json'],
    ] as const
  ).flatMap(([role, below]): [RoleName, string, unknown][] => [
    [role, `signed/meta/${below}`, undefined],
    [role, `signed/meta/${below}/length`, undefined],
    [role, `signed/meta/${below}/length`, -1],
    [role, `signed/meta/${below}/length`, 0.5],
    [role, `signed/meta/${below}/version`, 0],
    [role, `signed/meta/${below}/hashes`, undefined],
    [role, `signed/meta/${below}/hashes/sha256`, hex(62)],
    [role, 'signed/meta/other.json', named],
  ]),
  ['timestamp', 'signed/x_signed_at', 'now'],
  ['targets', 'signed/delegations', { keys: {}, roles: [] }],
  ['targets', 'signed/targets/m~1', { length: 1, hashes: {} }],
  ['targets', 'signed/targets/m~2', { length: -1, hashes: { sha256: hex(64) } }],
  ['targets', 'signed/targets/', { length: 1, hashes: { sha256: hex(64) } }],
  ['targets', `signed/targets/${'p'.repeat(257)}`, { length: 1, hashes: { sha256: hex(64) } }],
];

test.each(roleNames)('%s: each wrong field is malformed, and is named', (role) => {
  for (const [of, at, value] of wrong.filter(([of]) => of === role)) {
    const bytes = changed(of, at, value);
    const what = `${at}: ${JSON.stringify(value)}`.slice(0, 120);
    const named = at.replace(/\/(\d+)\//, '[$1].').replaceAll('/', '.');
    expect(() => readFile(of, bytes), what).toThrow(expect.objectContaining({ why: 'malformed' }));
    expect(() => readFile(of, bytes), what).toThrow(`${of}.json: ${named}`);
  }
});

/** Role, field, what is just right there. */
const right: [RoleName, string, unknown][] = [
  ...roleNames.flatMap((role): [RoleName, string, unknown][] => [
    [role, 'signed/version', 1],
    [role, 'signed/version', 2 ** 31],
    [role, 'signed/spec_version', '1.0'],
    [role, 'signed/spec_version', '1.12.7'],
    [role, 'signed/later', { unknown: true }],
    [role, 'later', 1],
    [role, 'signatures', []],
    [role, 'signatures', many(64, signature)],
  ]),
  ['root', 'signed/roles/targets/threshold', 32],
  ['root', 'signed/roles/targets/keyids', many(32, hex(64))],
  ['timestamp', 'signed/x_signed_at', undefined],
  ['timestamp', 'signed/meta/snapshot.json/length', 0],
  ['targets', `signed/targets/${'p'.repeat(256)}`, { length: 0, hashes: { sha256: hex(64) } }],
  ['targets', 'signed/delegations', undefined],
];

test.each(roleNames)('%s: what lies on a bound is read, and unknown fields stay', (role) => {
  for (const [of, at, value] of right.filter(([of]) => of === role)) {
    const bytes = changed(of, at, value);
    const file = readFile(of, bytes);
    expect(file).toMatchObject({ role, bytes });
    expect(file.envelope.signed).toEqual(JSON.parse(bytes.toString()).signed);
  }
});

test.each(roleNames)('%s: the bound is the last length that is read', (role) => {
  const padded = (length: number) => Buffer.concat([fileOf(role), Buffer.alloc(length - fileOf(role).length, ' ')]);
  expect(readFile(role, padded(maxBytesOf[role])).role).toBe(role);
  expect(() => readFile(role, padded(maxBytesOf[role] + 1))).toThrow(
    `${role}.json: ${maxBytesOf[role] + 1} bytes; at most ${maxBytesOf[role]} are allowed`,
  );
});

test('the bounds of the files, as devices know them', () => {
  expect(maxBytesOf).toEqual({ root: 524_288, timestamp: 16_384, snapshot: 16_384, targets: 4_194_304 });
});

test('many wrong fields are told, but not more than five', () => {
  const file = parsed('root');
  for (const role of roleNames) file.signed.roles[role] = { keyids: 1, threshold: 'x' };
  const refusal = () => readFile('root', Buffer.from(JSON.stringify(file)));
  expect(refusal).toThrow(/roles\.root\.keyids.*roles\.snapshot\.keyids/s);
  expect(refusal).not.toThrow(/roles\.timestamp/);
});

test('what has no canonical form is malformed', () => {
  expect(canonicalBytes({ b: 1, a: ['x', null, true] }).toString()).toBe('{"a":["x",null,true],"b":1}');
  expect(() => canonicalBytes({ n: 1.5 })).toThrow(expect.objectContaining({ why: 'malformed' }));
});

test('a key comes back from its PEM with the same id; other kinds of keys are refused by name', () => {
  const key = newSigningKey();
  const again = signingKeyFromPem(pemOf(key));
  expect({ id: again.id, public: again.public }).toEqual({ id: key.id, public: key.public });
  expect(key.id).toBe(keyIdOf(key.public));
  expect(key.public).toEqual({
    keytype: 'ed25519',
    scheme: 'ed25519',
    keyval: { public: expect.stringMatching(/^[0-9a-f]{64}$/) },
  });
  const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'pem', type: 'pkcs8' });
  expect(() => signingKeyFromPem(String(ec))).toThrow('an ed25519 key is needed, this is ec');
  expect(() => signingKeyFromPem('nothing')).toThrow();
});

test('a signature is over the canonical form; who signs again signs anew, and the others stay', () => {
  const [a, b] = [newSigningKey(), newSigningKey()];
  const { signed } = readFile('targets', fileOf('targets'));
  const first = signMetadata<'targets'>(signed, [a]);
  expect(first.signatures.map((s) => s.keyid)).toEqual([a.id]);
  const both = addSignatures(first, [b]);
  expect(both.signatures.map((s) => s.keyid)).toEqual([a.id, b.id]);
  expect(both.signatures[0]).toEqual(first.signatures[0]);
  const moved = addSignatures({ ...both, signed: { ...signed, version: 9 } }, [a]);
  expect(moved.signatures.map((s) => s.keyid)).toEqual([b.id, a.id]);
  for (const { keyid, sig } of moved.signatures) {
    const key = keyid === a.id ? a : b;
    const isGood = verify(
      null,
      canonicalBytes(moved.signed),
      { key: pemOf(key), format: 'pem' },
      Buffer.from(sig, 'hex'),
    );
    expect(isGood).toBe(key === a);
  }
  const text = metadataBytes(moved).toString();
  expect(text.endsWith('}\n')).toBe(true);
  expect(JSON.parse(text)).toEqual(moved);
});

test('a signature that is not over this very content, or is spoiled, does not count, whoever is said to have made it', () => {
  const [key] = forge.keys.targets;
  if (!key) throw new Error('no key');
  const root = readFile('root', forge.root).signed;
  const { signed } = readFile('targets', fileOf('targets'));
  const { signatures } = signMetadata<'targets'>(signed, [key]);
  const [good] = signatures;
  if (!good) throw new Error('no signature');
  const count = (content: typeof signed, sig: string) =>
    countSigners(root, 'targets', {
      envelope: { signed: content, signatures: [{ keyid: key.id, sig }] },
    });
  expect(count(signed, good.sig)).toBe(1);
  const flipped = (at: number) =>
    `${good.sig.slice(0, at)}${good.sig[at] === '0' ? '1' : '0'}${good.sig.slice(at + 1)}`;
  for (const at of [0, 1, 63, 64, 127]) expect(count(signed, flipped(at)), String(at)).toBe(0);
  expect(count(signed, '0'.repeat(128))).toBe(0);
  expect(count({ ...signed, version: signed.version + 1 }, good.sig)).toBe(0);
  const other = readFile('targets', metadataBytes({ signed: { ...signed, later: 1 }, signatures }));
  expect(() => requireSigned(root, 'targets', other)).toThrow(expect.objectContaining({ why: 'signature' }));
});

test('what is no JSON in UTF-8 is malformed, with the reason', () => {
  for (const bytes of [
    Buffer.from('{'),
    Buffer.from([0x22, 0xff, 0x22]),
    Buffer.from('{"signed":{"x":"\xff"},"signatures":[]}', 'latin1'),
  ])
    expect(() => readFile('targets', bytes)).toThrow(
      expect.objectContaining({ why: 'malformed', message: expect.stringMatching(/^targets\.json: not JSON: ./) }),
    );
});

test('who has signed: only keys of that very role count, each once, and the threshold itself suffices', () => {
  const house = new Forge(newKeys({ targets: 3 }), { targets: 2 });
  const root = readFile('root', house.root).signed;
  const { signed } = readFile('targets', house.file('1.targets.json'));
  const by = (...keys: Parameters<typeof signMetadata>[1][number][]) => {
    const { signatures } = signMetadata<'targets'>(signed, keys);
    return readFile('targets', metadataBytes({ signed, signatures }));
  };
  const [a, b, c] = house.keys.targets;
  const [stranger] = house.keys.snapshot;
  if (!a || !b || !c || !stranger) throw new Error('no keys');
  expect(countSigners(root, 'targets', by())).toBe(0);
  expect(countSigners(root, 'targets', by(a, a, a))).toBe(1);
  expect(countSigners(root, 'targets', by(a, stranger))).toBe(1);
  expect(countSigners(root, 'targets', by(a, b, c))).toBe(3);
  expect(() => requireSigned(root, 'targets', by(a, stranger))).toThrow(
    'targets.json 1: 1 valid signatures of 2 that are needed',
  );
  expect(() => requireSigned(root, 'targets', by(a, b))).not.toThrow();
  expect(() => requireSigned(root, 'targets', by(b, c, a))).not.toThrow();
});
