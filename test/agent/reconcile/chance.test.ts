/** Wishes, crashes, power cuts, full disks and time in any order. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { tempFolder } from '../../support/temp.ts';
import { Device } from './device.ts';
import { type Fate, HOME, type Made, makePackages, STREAMS } from './packages.ts';

const versions = ['1.0.0', '2.0.0', '3.0.0'];

let made: Map<string, Made>;
let home: string;
beforeAll(async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'vedette-'));
  made = await makePackages(folder, versions);
  home = path.join(folder, 'home');
  return () => rmSync(folder, { recursive: true, force: true });
});

type Act =
  | { readonly do: 'wish'; readonly version: string | undefined }
  | { readonly do: 'crash' }
  | { readonly do: 'wait'; readonly minutes: number }
  | { readonly do: 'full disk' | 'free disk' | 'orderly end' }
  | { readonly do: 'cut'; readonly after: number };

const acts: fc.Arbitrary<Act> = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...versions, undefined).map((version): Act => ({ do: 'wish', version })) },
  { weight: 2, arbitrary: fc.integer({ min: 0, max: 40 }).map((n): Act => ({ do: 'cut', after: n })) },
  { weight: 2, arbitrary: fc.constant<Act>({ do: 'crash' }) },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 11 }).map((minutes): Act => ({ do: 'wait', minutes })) },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom<Act['do'] & ('full disk' | 'free disk' | 'orderly end')>('full disk', 'free disk', 'orderly end')
      .map((d): Act => ({ do: d })),
  },
);
const fates = fc.constantFrom<Fate>('good', 'good', 'bad proof', 'bad shadow', 'does not start', 'half starts');

test('whatever comes in whatever order: in the end the wish is fulfilled, or given up with a reason, and nothing unproven has served', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(acts, { maxLength: 14 }), fc.tuple(fates, fates, fates), async (played, chosen) => {
      const device = new Device(tempFolder(), made, home);
      for (const [i, version] of versions.entries()) device.fates.set(version, chosen[i] ?? 'good');
      const ready = async () => {
        if (!device.powerless) return;
        device.cutAfter = Number.POSITIVE_INFINITY;
        device.diskFull = false;
        await device.start();
      };
      await ready();
      let desired: string | undefined;
      for (const act of played) {
        await ready();
        if (act.do === 'wish') {
          desired = act.version;
          device.desire(device.document(desired));
        }
        if (act.do === 'crash') device.crash(STREAMS);
        if (act.do === 'cut') device.cutAfter = act.after;
        if (act.do === 'wait') await device.clock.advance(act.minutes * 60_000);
        if (act.do === 'full disk' || act.do === 'free disk') device.diskFull = act.do === 'full disk';
        if (act.do === 'orderly end')
          await Promise.race([device.stop(), device.until(() => device.powerless, 'it ends')]);
        for (let i = 0; i < 5; i++) await new Promise((resolve) => setTimeout(resolve, 1));
      }
      await ready();
      device.cutAfter = Number.POSITIVE_INFINITY;
      device.diskFull = false;
      device.desire(device.document(desired));
      await device.until(() => device.state.desired !== undefined && device.isCalm(), 'all is done');

      const { active, failures, candidate } = device.model;
      expect(device.breaches).toEqual([]);
      expect(candidate).toBeUndefined();
      const digest = desired === undefined ? undefined : device.made(desired).digest;
      expect(failures.filter((f) => f.digest !== digest)).toEqual([]);
      const [gaveUp] = failures;
      const isGood = desired === undefined || device.fates.get(desired) === 'good';
      if (gaveUp) expect(active?.digest).not.toBe(digest);
      else expect([active?.digest, isGood]).toEqual([digest, true]);
      if (gaveUp && isGood) expect(gaveUp.stage).toBe('service');
      const served = versions.find((v) => device.made(v).digest === active?.digest) ?? HOME;
      expect([...device.serving].toSorted()).toEqual(STREAMS.map((stream) => [stream, served]));
      expect(device.disk).toEqual(device.state);
    }),
    { numRuns: 15 },
  );
});
