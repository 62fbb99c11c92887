import { expect, test } from 'vitest';
import { judgeCpu, parseCpuInfo } from '../../../agent/doctor/cpu.ts';

const x86 = 'processor\t: 0\nmodel name\t: Intel(R) Xeon(R)\nflags\t\t: fpu sse4_2 avx avx2 fma avx512f avx512_vnni\n';
const arm = 'processor\t: 0\nFeatures\t: fp asimd asimdhp asimddp\nCPU part\t: 0xd08\n\nModel\t\t: Raspberry Pi 5\n';

test('x86 and ARM tell their instruction sets under other names', () => {
  expect(parseCpuInfo(x86)).toEqual({
    model: 'Intel(R) Xeon(R)',
    sets: ['sse4_2', 'avx', 'avx2', 'fma', 'avx512f', 'avx512_vnni'],
  });
  expect(parseCpuInfo(arm)).toEqual({ model: 'Raspberry Pi 5', sets: ['asimd', 'asimdhp', 'asimddp'] });
  expect(parseCpuInfo('')).toEqual({ model: undefined, sets: undefined });
});

test('what is missing is said', () => {
  const cpu = { model: 'X', cores: 1, arch: 'x64' };
  expect(judgeCpu({ ...cpu, sets: ['avx2', 'avx512_vnni'] })).toMatchObject({
    level: 'ok',
    text: /* one core */ expect.stringContaining('1 core;'),
  });
  expect(judgeCpu({ ...cpu, sets: ['avx2'] })).toMatchObject({
    level: 'note',
    advice: expect.stringContaining('int8'),
  });
  expect(judgeCpu({ ...cpu, sets: ['avx'] })).toMatchObject({ level: 'note', advice: expect.stringContaining('AVX2') });
  expect(judgeCpu({ ...cpu, arch: 'arm64', sets: ['asimd', 'asimddp'] }).level).toBe('ok');
  expect(judgeCpu({ ...cpu, sets: undefined }).level).toBe('ok');
});
