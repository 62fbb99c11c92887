import { expect, test } from 'vitest';
import { lookAtMemory } from '../../../agent/doctor/machine.ts';
import { judgeFrames, judgeMemory, judgeRuntime, judgeTimezone } from '../../../agent/doctor/machine-verdicts.ts';

test('the time zone in force is named; one that nobody knows is noted', () => {
  expect(judgeTimezone('Asia/Tokyo', 'Asia/Tokyo')).toMatchObject({
    level: 'ok',
    text: expect.stringMatching(/^Asia\/Tokyo;/),
  });
  for (const asked of [undefined, '', 'UTC', ':UTC', 'Etc/UTC', 'GMT0', 'Zulu'])
    expect(judgeTimezone('UTC', asked).level, asked).toBe('ok');
  expect(judgeTimezone('UTC', 'Asia/Tokio')).toMatchObject({
    level: 'note',
    text: expect.stringContaining('TZ=Asia/Tokio'),
  });
});

test('memory: enough for the runners, or fewer of them', () => {
  expect(judgeMemory({ totalMb: 4096, availableMb: 2048 }, 2).level).toBe('ok');
  expect(judgeMemory({ totalMb: 512, availableMb: 300 }, 2)).toMatchObject({
    level: 'note',
    advice: expect.stringContaining('runners.count'),
  });
  const real = lookAtMemory();
  expect(real.availableMb).toBeGreaterThan(0);
  expect(real.availableMb).toBeLessThanOrEqual(real.totalMb);
});

test('FFmpeg and ONNX Runtime', () => {
  expect(judgeFrames({ ffmpeg: '8', decoders: ['h264'], hardware: ['vaapi'] }).text).toContain('by vaapi');
  expect(judgeFrames(new Error('no such file')).level).toBe('broken');
  const providers = [
    { name: 'cpu', bundled: true },
    { name: 'cuda', bundled: false },
  ];
  expect(judgeRuntime({ version: '1', providers }).text).toBe('1; cpu, cuda (if its libraries are there)');
  expect(judgeRuntime(new Error('musl')).level).toBe('broken');
});
