/** The rules at their bounds; acl.test.ts asks the broker itself. */
import { expect, test } from 'vitest';
import { type ConnectRequest, refuseConnect } from '../../../cloud-hub/broker/access.ts';
import { digestSecret } from '../../../cloud-hub/identity/secrets.ts';
import { channels, topicOf } from '../../../shared/contract/channels.ts';

const longest = 'd'.repeat(64);
const tokens: Record<string, string> = {
  cam: 'secret',
  [longest]: 'secret',
  [`${longest}d`]: 'secret',
  Cam: 'secret',
  long: 'a'.repeat(256),
  longer: 'a'.repeat(257),
};
const tokenHash = async (device: string) => {
  const token = Object.hasOwn(tokens, device) ? tokens[device] : undefined;
  return token === undefined ? undefined : digestSecret(token);
};

function ask(username: string | undefined, password: string | undefined, will?: ConnectRequest['will']) {
  const bytes = password === undefined ? undefined : Buffer.from(password);
  return refuseConnect({ username, password: bytes, certificate: { kind: 'none' }, will }, tokenHash);
}

test.each([
  ['cam', 'secret', undefined],
  ['cam', 'Secret', 'bad username or password'],
  ['cam', digestSecret('secret'), 'bad username or password'],
  ['cam', '', 'bad username or password'],
  ['nobody', '', 'bad username or password'],
  ['', 'secret', 'bad username or password'],
  ['__proto__', 'secret', 'bad username or password'],
  [longest, 'secret', undefined],
  [`${longest}d`, 'secret', 'bad username or password'],
  ['Cam', 'secret', 'bad username or password'],
  ['long', 'a'.repeat(256), undefined],
  ['longer', 'a'.repeat(257), 'bad username or password'],
  ['cam', undefined, 'anonymous'],
  [undefined, 'secret', 'anonymous'],
  [undefined, undefined, 'anonymous'],
])('connecting as %s with %s: %s', async (username, password, expected) => {
  expect(await ask(username, password)).toBe(expected);
});

test('a will is the own status, within its bound, and does not replace the token', async () => {
  const { maxBytes } = channels.status;
  const will = (topic: string, bytes: number) => ({ topic, payload: Buffer.alloc(bytes) });
  const own = topicOf('cam', 'status');
  expect(await ask('cam', 'secret', will(own, 0))).toBeUndefined();
  expect(await ask('cam', 'secret', will(own, maxBytes))).toBeUndefined();
  expect(await ask('cam', 'secret', will(own, maxBytes + 1))).toBe('foreign will');
  for (const topic of [topicOf('long', 'status'), topicOf('cam', 'records'), topicOf('cam', 'ack'), '#', ''])
    expect(await ask('cam', 'secret', will(topic, 1)), topic).toBe('foreign will');
  expect(await ask('cam', 'wrong', will(own, 1))).toBe('bad username or password');
  expect(await ask('cam', 'wrong', will('#', 1))).toBe('bad username or password');
});

/** Certificate × username × password × will: who presents a certificate is judged by it alone. */
const verdicts: readonly [ConnectRequest['certificate'], string][] = [
  [{ kind: 'device', device: 'cam', serial: '1' }, ''],
  [{ kind: 'expired', device: 'cam', serial: '1', at: 1 }, 'certificate expired'],
  ...(['foreign certificate', 'certificate revoked', 'unknown device'] as const).map(
    (why): [ConnectRequest['certificate'], string] => [{ kind: 'refused', why }, why],
  ),
];
const own = { topic: topicOf('cam', 'status'), payload: Buffer.alloc(1) };
const wills: readonly [ConnectRequest['will'], boolean][] = [
  [undefined, true],
  [own, true],
  [{ ...own, payload: Buffer.alloc(channels.status.maxBytes + 1) }, false],
  [{ ...own, topic: topicOf('long', 'status') }, false],
  [{ ...own, topic: topicOf('cam', 'report') }, false],
];

test.each(verdicts)('a certificate of which is said %j', async (certificate, wrong) => {
  for (const username of [undefined, 'cam', 'long', ''])
    for (const password of [undefined, 'secret', 'wrong', 'a'.repeat(256)])
      for (const [will, isOwn] of wills) {
        const bytes = password === undefined ? undefined : Buffer.from(password);
        const expected =
          wrong !== ''
            ? wrong
            : username !== undefined && username !== 'cam'
              ? 'bad username or password'
              : isOwn
                ? undefined
                : 'foreign will';
        const said = await refuseConnect({ username, password: bytes, certificate, will }, tokenHash);
        expect(said, `${username} ${password} ${will?.topic}`).toBe(expected);
      }
});
