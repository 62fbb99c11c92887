/** The wall clock of a running agent jumps: into the past, to 1970, years ahead, there and back (test/chaos/preload.ts). */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { built } from '../../../support/spawn.ts';
import type { AgentAttack } from '../attack.ts';
import { startBox } from '../box.ts';

const YEAR_MS = 365 * 86_400_000;
const JUMPS = ['1970', String(10 * YEAR_MS), String(-YEAR_MS), '0', String(200 * YEAR_MS), '-3600000', '86400000', '0'];
const STAY_MS = 2500;

export const clockJumps: AgentAttack = {
  name: 'clock-jumps',
  summary: 'the wall clock of a running agent jumps to 1970, by years and by hours, and back',
  async run(folder) {
    const clock = path.join(folder, 'clock');
    writeFileSync(clock, '0');
    const box = await startBox(folder, {
      program: {
        env: { NODE_OPTIONS: `--import=${built('test/chaos/preload.js')}`, VEDETTE_CHAOS_CLOCK: clock },
      },
    });
    const broken: string[] = [];
    const settled = () => Math.max(0, ...box.hub.acks.map(({ upTo }) => upTo));
    try {
      for (const jump of JUMPS) {
        const before = settled();
        writeFileSync(clock, jump);
        await sleep(STAY_MS);
        if (!(await box.holds(() => settled() > before + 1, 20)))
          broken.push(`after a jump to ${jump} nothing is sent`);
      }
      broken.push(...(await box.troubles()));
      for (const [epoch, records] of box.hub.stored) {
        const numbers = [...records.keys()];
        const missing = Math.max(...numbers) - numbers.length;
        if (missing > 0) broken.push(`${missing} numbers of epoch ${epoch} never came`);
        const monos = [...records].toSorted(([a], [b]) => a - b).map(([, record]) => Number(record.mono));
        if (monos.some((mono, i) => mono + 60_000 < (monos[i - 1] ?? 0)))
          broken.push('the monotonic time of records goes back');
      }
      return { tried: JUMPS.length, broken, peakMb: box.peakMb() };
    } finally {
      await box.end();
    }
  },
};
