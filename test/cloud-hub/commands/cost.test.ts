/** What a fleet costs, and the thresholds that it should have: by hand, and by the commands against a running hub. */
import { describe, expect, test } from 'vitest';
import { costReport, costText } from '../../../cloud-hub/commands/cost-report.ts';
import type { HybridStream } from '../../../cloud-hub/contract/opinion.ts';
import { DAY_MS } from '../../../shared/kit/durations.ts';
import { startProgram } from '../../support/program.ts';
import { tempFolder } from '../../support/temp.ts';
import { addJudged, halfWrongBelow } from '../inference/judged.ts';
import { summaryRecord, testDevice, testHub } from '../support.ts';

const now = Date.parse('2026-11-28T00:00:00Z');
const counts = { confirmed: 0, changed: 0, withdrawn: 0 };
/** Measured for three days: a tenth of a month. */
const stream: HybridStream = {
  ...{ device: 'cam', stream: 'door', since: new Date(now - 3 * DAY_MS).toISOString(), ...counts },
  ...{ samples: 100, bytes: 1e9, hubMs: 3_600_000 },
  everyFrame: { samples: 10_000, bytes: 100e9, hubMs: 360_000_000 },
};
const prices = { perGb: 1, perHubHour: 0.5, perBox: 180, boxWatts: 10, perKwh: 0.25 };

describe('the report', () => {
  test('is per month, with pay-back and what another share would cost', () => {
    const report = costReport({ streams: [stream], boxes: 2 }, prices, now);
    // 2 boxes × 10 W × 720 h = 14.4 kWh.
    expect(report.hybrid).toEqual({
      samples: 1000,
      gb: 10,
      hubHours: 10,
      uplink: 10,
      hub: 5,
      energy: 3.6,
      total: 18.6,
    });
    expect(report.cloud).toMatchObject({ samples: 100_000, gb: 1000, uplink: 1000, hub: 500, energy: 0, total: 1500 });
    expect(report).toMatchObject({ hardware: 360, measuredHours: 72, unknown: 0 });
    expect(report.payBackMonths).toBeCloseTo(360 / (1500 - 18.6), 9);
    const byShare = new Map(report.whatIf.map(({ share, monthly }) => [share, monthly.total]));
    expect(byShare.get(0)).toBeCloseTo(3.6, 9);
    expect(byShare.get(0.1)).toBeCloseTo(153.6, 9);
    expect(byShare.get(1)).toBeCloseTo(1503.6, 9);
    expect(costText(report, 3)).toMatch(/every frame to the cloud .* 54000\.00\n/);
  });

  test('says where the boxes never pay, what is not known, and that nothing is known', () => {
    const { everyFrame: _, ...young } = stream;
    const free = { ...prices, perGb: 0, perHubHour: 0 };
    const report = costReport({ streams: [stream, { ...young, stream: 'yard' }], boxes: 1 }, free, now);
    expect(report.payBackMonths).toBeUndefined();
    expect(costText(report, 3)).toContain('1 more have told no rate of frames yet');
    expect(costText(report, 3)).toContain('never pay for themselves');
    expect(costText(costReport({ streams: [young], boxes: 1 }, prices, now), 3)).toContain(
      'no stream has been measured yet',
    );
  });
});

test('the commands `cost` and `threshold` read the fleet, and refuse what is no price and no precision', {
  timeout: 60_000,
}, async () => {
  const folder = tempFolder();
  await addJudged(folder, halfWrongBelow);
  const hub = await testHub({ folder });
  const cam = await testDevice(hub, 'cam');
  await cam.publish('records', { epoch: 'e1', from: 1, to: 1, records: [summaryRecord(1, { stream: 'door' })] });
  await cam.nextAck();
  const access = ['--url', hub.url, '--token-file', hub.hub.adminToken.file];
  const run = (...words: string[]) => startProgram('cloud-hub/main.js', [...words, ...access], { cwd: folder }).ended;
  const told = await run('cost', 'report', '--per-box', '99', '--json');
  expect([told.code, told.stderr]).toEqual([0, '']);
  expect(JSON.parse(told.stdout)).toMatchObject({ streams: 1, boxes: 1, hardware: 99 });
  const wrong = await run('cost', 'report', '--per-gb', 'cheap');
  expect(wrong.code).not.toBe(0);
  expect(wrong.stderr).toContain('must be a number from 0');

  const proposed = await run('threshold', 'propose', 'cam', 'door', '--precision', '0.95');
  expect([proposed.code, proposed.stdout.split('\n').slice(0, 4)]).toEqual([
    0,
    [
      'cam / door: 200 frames that chance chose, wanted precision 95 %',
      'person: threshold 0.7. the lowest with at least 95 % right, by the lower end of the interval',
      '  today 75 % right (68.6 % to 80.5 %, n = 200), keeps 100 % of the right ones',
      '  then  100 % right (96.3 % to 100 %, n = 100), keeps 66.7 % of the right ones',
    ],
  ]);
  const empty = await run('threshold', 'propose', 'cam', 'yard');
  expect(empty.stdout).toContain('nothing is known yet');
  expect((await run('threshold', 'propose', 'cam', 'door', '--precision', '2')).stderr).toContain(
    'must be 0.5 to 0.999',
  );
});
