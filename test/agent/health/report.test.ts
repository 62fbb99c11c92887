import { expect, test } from 'vitest';
import { buildReport, type ReportInput } from '../../../agent/health/report.ts';
import { report } from '../../../shared/contract/messages/report.ts';

const input: ReportInput = {
  ...{ revision: 'r1', version: '1.2.3', boot: 'b1', uptimeMs: 61_400, streams: [], takesPackages: true },
  host: { platform: 'linux', arch: 'arm64', cpus: 4, memoryMb: 4096, name: 'gate', timezone: 'Europe/Zurich' },
  outbox: {
    state: () => ({
      ...{ epoch: 'e1', waiting: 3, bytes: 900, lastSeq: 9, bytesOnDisk: 4096, reserveBytes: 0, boundBytes: 65_536 },
      ...{ inMemory: 0, blocked: undefined, refused: 0, givenUp: 0, recovered: undefined },
    }),
  },
  modelsReport: { models: {} },
  disk: { freeMb: 900, totalMb: 29_000 },
  ...{ wallOffset: undefined, escalation: undefined, erase: undefined },
};

test('the report says in which time zone schedules are read, and is one that a hub takes', () => {
  const made = buildReport(input);
  expect(made.host).toMatchObject({ timezone: 'Europe/Zurich' });
  expect(report.parse(JSON.parse(JSON.stringify(made)))).toMatchObject({
    host: { timezone: 'Europe/Zurich' },
    process: { uptimeS: 61 },
    outbox: { waiting: 3, lastSeq: 9 },
    disk: { freeMb: 900, totalMb: 29_000 },
  });
});
