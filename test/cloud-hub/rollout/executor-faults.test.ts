/** A rollout under whatever happens: lost, late and repeated messages, boxes away, restarts, people, a clock set back. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { tempFolder } from '../../support/temp.ts';
import { askedOf, modelOf, refuses, Stage } from './stage.ts';

describe('whatever happens', () => {
  const ids = ['a', 'b', 'c', 'd', 'e', 'f'];
  const id = fc.constantFrom(...ids);
  type Step =
    | { readonly kind: 'take' | 'lose' | 'report' | 'again' | 'off' | 'on'; readonly id: string }
    | { readonly kind: 'advance' | 'back'; readonly ms: number }
    | { readonly kind: 'restart' | 'pause' | 'resume' | 'settle' };
  const step: fc.Arbitrary<Step> = fc.oneof(
    { weight: 6, arbitrary: fc.record({ kind: fc.constantFrom('take', 'report', 'on'), id }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom('lose', 'again', 'off'), id }) },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('advance'), ms: fc.integer({ min: 100, max: 20_000 }) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('back'), ms: fc.integer({ min: 1000, max: 1e7 }) }) },
    { weight: 4, arbitrary: fc.record({ kind: fc.constantFrom('restart', 'pause', 'resume', 'settle', 'settle') }) },
  );

  async function run(stage: Stage, did: Step): Promise<void> {
    const status = (await stage.rollout()).status;
    switch (did.kind) {
      case 'take':
        return stage.take(did.id);
      case 'lose':
        stage.box(did.id).inbox = [];
        return;
      case 'report':
        return stage.report(did.id);
      case 'again':
        return stage.report(did.id, stage.box(did.id).reported[0]);
      case 'off':
      case 'on':
        return stage.setOnline(did.id, did.kind === 'on');
      case 'advance':
        return stage.clock.advance(did.ms);
      case 'back':
        return stage.clock.setWall(stage.clock.wall() - did.ms);
      case 'restart':
        return stage.restart();
      case 'pause':
        if (status === 'running') await stage.rollouts.pause('r1', stage.act());
        return;
      case 'resume':
        if (status === 'paused') await stage.rollouts.resume('r1', [], stage.act());
        return;
      case 'settle':
        return stage.untilQuiet();
    }
  }

  test('nobody is asked twice, no wave is skipped or too large, every box ends with what the hub wants, good ones get through, bad ones go back', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), fc.subarray(ids, { maxLength: 2 }), async (steps, bad) => {
        const stage = await Stage.open(tempFolder(), ids);
        try {
          stage.fares = (box) => (bad.includes(box) ? refuses('1.0.0') : undefined);
          const waves = [
            { devices: 1, soakS: 30 },
            { devices: 3, soakS: 30 },
            { percent: 100, soakS: 0 },
          ];
          await stage.begin({ waves, timeoutS: 1e6 });
          let [wave, over] = [-1, false];
          let settled: number | undefined;
          const check = async () => {
            const now = await stage.rollout();
            const asked = await askedOf(stage);
            if (now.wave !== wave) {
              expect(now.wave).toBe(wave + 1);
              // No shorter than its soak, by a clock that nobody sets.
              if (wave >= 0) expect(stage.clock.mono() - (settled ?? Number.NaN)).toBeGreaterThanOrEqual(6000);
              wave = now.wave;
            }
            settled = now.settledAt === undefined ? undefined : (settled ?? stage.clock.mono());
            expect(new Set(asked).size).toBe(asked.length);
            expect(asked.length).toBe([0, 1, 3, 6][wave + 1]);
            const isOver = now.status === 'done' || now.status === 'rolled-back';
            if (over) expect(isOver).toBe(true);
            over = isOver;
            for (const box of ids) {
              const part = await modelOf(stage, box);
              expect(part?.rollout).toBe(asked.includes(box) && now.status !== 'rolled-back' ? 'r1' : undefined);
            }
            // A box that refuses it, and said so of this document, is not passed over.
            if (now.status === 'done') expect(asked.filter((box) => bad.includes(box))).toEqual([]);
          };
          await check();
          stage.watch = check;
          for (const did of steps) {
            await run(stage, did);
            await check();
          }
          if ((await stage.rollout()).status === 'paused') await stage.rollouts.resume('r1', [], stage.act());
          for (const box of ids) await stage.setOnline(box, true);
          for (let n = 0; n < 400 && (await stage.rollout()).status === 'running'; n++) {
            await stage.untilQuiet();
            await check();
          }
          await stage.untilQuiet(3);
          expect((await stage.rollout()).status).toBe(bad.length > 0 ? 'rolled-back' : 'done');
          for (const box of ids) {
            expect(stage.box(box).document?.revision).toBe((await stage.store.desired.get(box))?.revision);
          }
        } finally {
          await stage.executor.stop();
          await stage.store.close();
        }
      }),
      { numRuns: 8 },
    );
  });
});
