/** Codes as RFC 6238 has them, made here from HMAC alone: which count when, and that none counts twice. */
import { createHmac } from 'node:crypto';
import { expect, onTestFinished, test } from 'vitest';
import { FailedAttempts } from '../../../cloud-hub/identity/attempts.ts';
import { sealingWith } from '../../../cloud-hub/identity/sealing.ts';
import { createSecondFactors, MAX_WRONG, WRONG_WINDOW_MS } from '../../../cloud-hub/identity/second-factor.ts';
import { openStore } from '../../../cloud-hub/store/store.ts';
import { createLogger } from '../../../shared/kit/log.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { tempFolder } from '../../support/temp.ts';

/** RFC 4226, 5.3. */
function codeOf(key: Buffer, step: number): string {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(step));
  const mac = createHmac('sha1', key).update(counter).digest();
  const at = (mac.at(-1) ?? 0) & 15;
  return String((mac.readUInt32BE(at) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}

/** RFC 4648, 6. */
function bytesOf(base32: string): Buffer {
  const bits = [...base32].map((one) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(one).toString(2).padStart(5, '0'));
  return Buffer.from((bits.join('').match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
}

async function setUp() {
  const clock = new ManualClock();
  const store = await openStore(tempFolder(), 0);
  onTestFinished(() => store.close());
  const row = await store.tokens.add({ name: 'ann', role: 'viewer', hash: 'h', createdAt: 0, kind: 'user' });
  const ann = { role: 'viewer', name: 'ann', token: row?.id ?? 0 } as const;
  const log = createLogger('test', 'silent');
  const wrong = new FailedAttempts(clock, MAX_WRONG, WRONG_WINDOW_MS);
  const factors = createSecondFactors({ store, clock, sealing: sealingWith(), wrong, log });
  const key = bytesOf((await factors.begin(ann))?.secret ?? '');
  const step = () => Math.floor(clock.wall() / 30_000);
  const show = (code: string) => factors.show({ id: ann.token, name: 'ann', counted: 'ann' }, code);
  return { clock, factors, ann, key, step, show };
}

test('the generator of this test is that of the RFC', () => {
  const key = Buffer.from('12345678901234567890');
  // RFC 6238, appendix B: the last six of eight digits.
  for (const [time, code] of [
    [59, '287082'],
    [1111111109, '081804'],
    [1234567890, '005924'],
    [20000000000, '353130'],
  ] as const)
    expect(codeOf(key, Math.floor(time / 30))).toBe(code);
});

test('the code of this step counts, and of the step before and after; no older, no later, and none twice', async () => {
  const { clock, factors, ann, key, step, show } = await setUp();
  expect(key).toHaveLength(20);
  expect(await factors.confirm(ann, codeOf(key, step() - 2))).toBeUndefined();
  expect(await factors.confirm(ann, codeOf(key, step() - 1))).toBeDefined();
  expect(await factors.begin(ann)).toBeUndefined();
  expect(await show(codeOf(key, step() - 1))).toEqual({ waitMs: 0 });
  expect(await show(codeOf(key, step() + 2))).toEqual({ waitMs: 0 });
  expect(await show(codeOf(key, step() + 1))).toEqual({ way: 'second-factor' });
  // Of a step before one that was used.
  expect(await show(codeOf(key, step()))).toEqual({ waitMs: 0 });
  await clock.advance(60_000);
  expect(await show(codeOf(key, step()))).toEqual({ way: 'second-factor' });
});

test('a clock that is set back brings no used code back', async () => {
  const { clock, factors, ann, key, step, show } = await setUp();
  await factors.confirm(ann, codeOf(key, step()));
  await clock.advance(30_000);
  const code = codeOf(key, step());
  expect(await show(code)).toEqual({ way: 'second-factor' });
  clock.setWall(clock.wall() - 1000);
  expect(await show(code)).toEqual({ waitMs: 0 });
});

test('right codes count as no wrong ones, and one clears those before it', async () => {
  const { clock, factors, ann, key, step, show } = await setUp();
  const { codes = [] } = (await factors.confirm(ann, codeOf(key, step()))) ?? {};
  expect(codes.length).toBeGreaterThan(0);
  const right = async () => {
    await clock.advance(30_000);
    return show(codeOf(key, step()));
  };
  for (let n = 0; n < 3 * MAX_WRONG; n++) expect(await right()).toEqual({ way: 'second-factor' });
  for (const code of codes) expect(await show(code)).toEqual({ way: 'recovery-code' });
  for (const shown of [right, async () => show(codes[0] ?? '')]) {
    for (let n = 1; n < MAX_WRONG; n++) expect(await show('abcd')).toEqual({ waitMs: 0 });
    if (shown === right) expect(await shown()).toEqual({ way: 'second-factor' });
  }
});
