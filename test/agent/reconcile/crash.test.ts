/** The power fails between any two effects of whatever the reconciler does; the next start goes on, and nothing unproven serves. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { limits } from '../../../agent/reconcile/plan.ts';
import { tempFolder } from '../../support/temp.ts';
import { Device } from './device.ts';
import { HOME, type Made, MODEL, makePackages, STREAMS } from './packages.ts';

let made: Map<string, Made>;
let home: string;
beforeAll(async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'vedette-'));
  made = await makePackages(folder, ['1.0.0', '2.0.0', '3.0.0']);
  home = path.join(folder, 'home');
  return () => rmSync(folder, { recursive: true, force: true });
});

const newDevice = () => new Device(tempFolder(), made, home);
const serves = (device: Device, version: string) =>
  STREAMS.every((stream) => device.serving.get(stream) === version) && device.isCalm();
const failed = (device: Device, version: string) =>
  device.model.failures.some((f) => f.version === version) && device.isCalm();

async function update(device: Device, ...versions: string[]) {
  for (const version of versions) {
    device.desire(device.document(version));
    await device.until(() => serves(device, version), `${version} serves`);
  }
}

interface Episode {
  prepare?(device: Device): Promise<void>;
  /** Played again after the cut: a hub repeats itself, and so does a bad package. */
  play(device: Device): void;
  isOver(device: Device): boolean;
  check(device: Device): void;
}

/**
 * Plays the episode again and again, and cuts the power later each time, until it gets through.
 * @param stride so many effects later
 */
async function cutEverywhere({ prepare, play, isOver, check }: Episode, stride = 1) {
  const prepared = newDevice();
  await prepared.start();
  await prepare?.(prepared);
  await prepared.stop();
  let isThrough = false;
  for (let cut = 0; !isThrough; cut += stride) {
    expect(cut).toBeLessThan(100);
    const device = prepared.copyTo(tempFolder());
    await device.start();
    await device.until(() => device.isCalm(), 'it has started');
    device.cutAfter = cut;
    play(device);
    isThrough = await device.until(() => isOver(device), `with a cut after ${cut} effects`);
    device.cutAfter = Number.POSITIVE_INFINITY;
    if (!isThrough) {
      await device.start();
      play(device);
      await device.until(() => isOver(device), `after a cut at ${cut}: ${device.effects.slice(-3).join()}`);
    }
    expect(device.breaches, device.effects.join()).toEqual([]);
    expect(device.model.candidate).toBeUndefined();
    expect(device.disk).toEqual(device.state);
    check(device);
    if (isThrough) expect(cut).toBeGreaterThanOrEqual(3);
  }
}

const after = (device: Device, version: string | undefined) => {
  expect(device.model.active?.digest).toBe(version === undefined ? undefined : device.made(version).digest);
  expect([...device.serving].toSorted()).toEqual(STREAMS.map((stream) => [stream, version ?? HOME]));
};

test('an update, wherever the power fails in it', async () => {
  await cutEverywhere({
    play: (device) => device.desire(device.document('1.0.0')),
    isOver: (device) => serves(device, '1.0.0'),
    check(device) {
      after(device, '1.0.0');
      expect(device.model.active).toMatchObject({
        variant: 'fp32',
        proof: { chosen: 'fp32' },
        shadow: { frames: 200 },
      });
      expect(device.model.previous).toMatchObject({ version: HOME });
      expect(device.model.failures).toEqual([]);
    },
  });
});

test('another wish in the middle of an update', async () => {
  await cutEverywhere({
    play(device) {
      device.desire(device.document('1.0.0'));
      device.desire(device.document('2.0.0'));
    },
    isOver: (device) => serves(device, '2.0.0'),
    check(device) {
      after(device, '2.0.0');
      expect(device.applied.flat()).not.toContain('gate=1.0.0');
      expect(device.model.previous?.digest).toBeUndefined();
    },
  });
});

for (const fate of ['good', 'bad shadow'] as const)
  test(`what a comparison finds after another package was asked for says nothing of that one: ${fate}`, async () => {
    const device = newDevice();
    await device.start();
    device.fates.set('1.0.0', fate);
    let over: () => void = () => undefined;
    device.pause = () =>
      new Promise((resolve) => {
        over = resolve;
      });
    device.desire(device.document('1.0.0'));
    await device.until(() => device.effects.at(-1) === 'shadow …', 'it is compared');
    device.pause = undefined;
    device.desire(device.document('2.0.0'));
    await device.until(() => device.model.candidate?.package.version === '2.0.0', 'the next one is the candidate');
    over();
    await device.until(() => serves(device, '2.0.0'), '2.0.0 serves');
    expect(device.breaches).toEqual([]);
    expect(device.effects.filter((what) => what === 'shadow')).toHaveLength(2);
    expect(device.model).toMatchObject({ failures: [], active: { shadow: { frames: 200 } } });
  });

for (const [fate, stage, stride] of [
  ['bad proof', 'proof', 2],
  ['bad shadow', 'shadow', 3],
  ['does not start', 'swap', 3],
  ['half starts', 'swap', 1],
] as const)
  test(`a package with the fate "${fate}" is given up, and what served goes on in all streams`, async () => {
    await cutEverywhere(
      {
        async prepare(device) {
          await update(device, '1.0.0');
          device.fates.set('2.0.0', fate);
        },
        play: (device) => device.desire(device.document('2.0.0')),
        isOver: (device) => failed(device, '2.0.0'),
        check(device) {
          after(device, '1.0.0');
          expect(device.model.failures).toMatchObject([
            { version: '2.0.0', digest: device.made('2.0.0').digest, stage },
          ]);
          for (const reported of device.failures) expect(reported).toMatchObject({ version: '2.0.0', stage });
        },
      },
      stride,
    );
  });

test('a package that keeps crashing is taken back and not tried again; the one before comes back without a second proof', async () => {
  await cutEverywhere({
    async prepare(device) {
      await update(device, '1.0.0', '2.0.0');
    },
    play(device) {
      for (let i = 0; i < limits.crashes; i++) device.crash(['yard']);
    },
    isOver: (device) => failed(device, '2.0.0') && serves(device, '1.0.0'),
    check(device) {
      after(device, '1.0.0');
      expect(device.model.failures).toMatchObject([{ version: '2.0.0', stage: 'service' }]);
      expect(device.model.previous).toBeUndefined();
      expect(device.effects).not.toContain('prove …');
      expect(device.effects).not.toContain('fetch …');
    },
  });
});

test('when the one before is gone from the disk, the package of agent.yaml comes back', async () => {
  const device = newDevice();
  await device.start();
  await update(device, '1.0.0', '2.0.0');
  const gone = await device.store.open(device.made('1.0.0').digest);
  rmSync(String(gone), { recursive: true });
  for (let i = 0; i < limits.crashes; i++) device.crash(['yard']);
  await device.until(() => failed(device, '2.0.0') && serves(device, HOME), 'the package of agent.yaml serves');
  expect(device.model.active).not.toHaveProperty('digest');
  expect(device.breaches).toEqual([]);
  await device.stop();
});

test('what served before is restored at the hub’s wish without fetch or proof, on probation again', async () => {
  await cutEverywhere({
    async prepare(device) {
      await update(device, '1.0.0', '2.0.0');
    },
    play: (device) => device.desire(device.document('1.0.0')),
    isOver: (device) => serves(device, '1.0.0'),
    check(device) {
      after(device, '1.0.0');
      expect(device.model.active?.probation).toMatchObject({ maxErrorRate: 0.01 });
      expect(device.model.previous?.version).toBe('2.0.0');
      expect(device.effects.filter((what) => /^(prove|fetch|shadow)/.test(what))).toEqual([]);
    },
  });
});

test('to be named no more is the way home, and a failure is forgotten with it', async () => {
  await cutEverywhere({
    async prepare(device) {
      await update(device, '1.0.0');
      device.fates.set('2.0.0', 'bad proof');
      device.desire(device.document('2.0.0'));
      await device.until(() => failed(device, '2.0.0'), 'it is given up');
    },
    play: (device) => device.desire(device.document(undefined)),
    isOver: (device) => serves(device, HOME) && device.model.failures.length === 0,
    check(device) {
      after(device, undefined);
      expect(device.model.previous?.version).toBe('1.0.0');
    },
  });
});

const yard = { source: { url: 'test:testsrc2' }, model: MODEL, fps: 5 };

test('streams of the hub come into force, and go', async () => {
  await cutEverywhere({
    prepare: (device) => update(device, '1.0.0'),
    play: (device) => device.desire(device.document('1.0.0', { yard, door: yard })),
    isOver: (device) => device.state.streams?.state === 'applied' && device.isCalm(),
    check(device) {
      expect([...device.serving].toSorted()).toEqual([
        ['door', '1.0.0'],
        ['yard', '1.0.0'],
      ]);
      expect(device.state.goodStreams?.revision).toBe(device.state.desired?.streams?.revision);
    },
  });
  await cutEverywhere({
    async prepare(device) {
      device.desire(device.document('1.0.0', { door: yard }));
      await device.until(
        () => device.state.streams?.state === 'applied' && serves(device, '1.0.0') === false && device.isCalm(),
        'applied',
      );
    },
    play: (device) => device.desire(device.document('1.0.0')),
    isOver: (device) => device.state.streams === undefined && serves(device, '1.0.0'),
    check(device) {
      expect(device.state.goodStreams).toBeUndefined();
      after(device, '1.0.0');
    },
  });
});
