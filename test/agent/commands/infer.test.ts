import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { writeClip, writeWalkerPackage } from '../../support/clip.ts';
import { writeBrightPackage } from '../../support/onnx.ts';
import { runProgram } from '../../support/program.ts';
import { tempFolder } from '../../support/temp.ts';

const line = z.strictObject({
  source: z.number().optional(),
  frame: z.number().int(),
  ptsMs: z.number(),
  detections: z.array(
    z.strictObject({
      label: z.string(),
      score: z.number(),
      box: z.array(z.number().min(0).max(1)).length(4),
      track: z.number(),
    }),
  ),
});

const totals = z.strictObject({
  frames: z.number(),
  seconds: z.number(),
  fps: z.number(),
  msPerFrame: z.strictObject({
    decode: z.number(),
    preprocess: z.number(),
    infer: z.number(),
    postprocess: z.number(),
  }),
  variant: z.string().nullable(),
  rssMb: z.number(),
});

const lines = (text: string) =>
  text
    .trim()
    .split('\n')
    .filter(Boolean)
    .map((l) => line.parse(JSON.parse(l)));
const lastLine = (text: string) => totals.parse(JSON.parse(text.trim().split('\n').at(-1) ?? ''));
const infer = (...args: string[]) => runProgram('agent/main.js', ['infer', ...args]);

test('one line a frame, in order, and the totals as the last line on stderr', async () => {
  const folder = tempFolder();
  const out = path.join(folder, 'o.jsonl');
  const { code, stderr } = await infer(
    '--model',
    writeWalkerPackage(folder),
    '--source',
    await writeClip(folder),
    '--out',
    out,
  );
  expect({ code, stderr: stderr.includes('error') }).toEqual({ code: 0, stderr: false });
  const results = lines(readFileSync(out, 'utf8'));
  expect(results.map((r) => r.frame)).toEqual(Array.from({ length: 60 }, (_, i) => i));
  expect(results.map((r) => r.ptsMs)).toEqual(Array.from({ length: 60 }, (_, i) => i * 100));
  expect(lastLine(stderr)).toMatchObject({ frames: 60, variant: 'fp32' });
  // The walker goes from right to left as one track.
  const seen = results.flatMap((r) => r.detections.slice(0, 1));
  expect(seen.length).toBeGreaterThan(20);
  expect(new Set(seen.map((d) => d.track)).size).toBe(1);
  expect(seen.at(-1)?.box[0]).toBeLessThan((seen[0]?.box[0] ?? 0) - 0.1);
});

test('--fps analyses fewer frames; several sources carry their index and are each in order', async () => {
  const folder = tempFolder();
  const clip = await writeClip(folder);
  const args = [
    '--model',
    writeWalkerPackage(folder),
    '--source',
    clip,
    '--source',
    clip,
    '--runners',
    '2',
    '--fps',
    '5',
  ];
  const { code, stdout, stderr } = await infer(...args);
  expect(code).toBe(0);
  for (const source of [0, 1]) {
    const frames = lines(stdout)
      .filter((r) => r.source === source)
      .map((r) => r.frame);
    expect(frames).toEqual(Array.from({ length: 30 }, (_, i) => i * 2));
  }
  expect(lastLine(stderr).frames).toBe(60);
});

test('a missing source, a damaged one, and a wrong model: a coded line, exit code 1, and the rest is done', async () => {
  const folder = tempFolder();
  const model = writeWalkerPackage(folder);
  const clip = await writeClip(folder);
  const garbage = path.join(folder, 'garbage.avi');
  writeFileSync(garbage, 'this is no video');
  const mixed = await infer(
    '--model',
    model,
    '--source',
    path.join(folder, 'none.mp4'),
    '--source',
    clip,
    '--source',
    garbage,
  );
  expect(mixed.code).toBe(1);
  expect(mixed.stderr).toMatch(/source-open: cannot open .*none\.mp4: No such file or directory/);
  expect(mixed.stderr).toMatch(/source-open: cannot open .*garbage\.avi/);
  expect(lines(mixed.stdout).filter((r) => r.source === 1)).toHaveLength(60);

  const broken = writeBrightPackage(path.join(folder, 'broken'), {}, { labels: ['a', 'b'] });
  const refused = await infer('--model', broken, '--source', clip);
  expect(refused.code).toBe(1);
  expect(refused.stderr).toMatch(/model-invalid: .*labels says 2 labels/);
});

test('a clip that was cut off gives what it has, and a source-truncated line', async () => {
  const folder = tempFolder();
  const clip = path.join(folder, 'long.avi');
  const { generateClip } = await import('../../../fixtures/clip/generate.ts');
  await generateClip(clip, { frames: 120, width: 320, height: 240, fps: 10 });
  truncateSync(clip, Math.floor(readFileSync(clip).length * 0.5));
  const { code, stdout, stderr } = await infer('--model', writeWalkerPackage(folder), '--source', clip);
  const given = lines(stdout).length;
  expect(given).toBeGreaterThan(20);
  expect(given).toBeLessThan(115);
  expect(stderr).toMatch(/source-truncated: .*its header states 120 frames/);
  expect(code).toBe(0);
});

test('a model that gives NaN costs each frame an error, not the run its end', async () => {
  const folder = tempFolder();
  const poison = writeBrightPackage(path.join(folder, 'poison'), { poison: true });
  const { code, stdout, stderr } = await infer('--model', poison, '--source', await writeClip(folder, { frames: 5 }));
  // Every frame was read, none was answered.
  expect({ code, lines: lines(stdout).length }).toEqual({ code: 1, lines: 0 });
  expect(stderr).toMatch(/model-failed: yolox/);
});

test('wrong use: what is wrong, exit code 2; help teaches', async () => {
  expect(await infer('--source', 'x')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('give either --model <dir>, or --online'),
  });
  expect(await infer('--model', 'x', '--source', 'y', '--fps', 'fast')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('must be a number above 0'),
  });
  expect(await infer('--help')).toMatchObject({ code: 0, stdout: expect.stringContaining('Example:') });
  expect(await runProgram('agent/main.js', ['--version'])).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
  });
});

const shared = path.resolve(import.meta.dirname, '../../../../shared');
const assets = existsSync(path.join(shared, 'assets'));

test.skipIf(!assets)('[assets] a real detector on a real clip agrees with an independent implementation', async () => {
  const out = path.join(tempFolder(), 'o.jsonl');
  const asset = (name: string) => path.join(shared, 'assets', name);
  const { code } = await infer(
    '--model',
    asset('models/yolox-nano-416'),
    '--source',
    asset('media/vtest-20s.mp4'),
    '--out',
    out,
  );
  expect(code).toBe(0);
  const text = execFileSync(
    process.execPath,
    [path.join(shared, 'tools/match.mjs'), asset('reference/yolox-nano-416.vtest-20s.jsonl'), out],
    { encoding: 'utf8' },
  );
  const match = z.looseObject({ recall: z.number(), precision: z.number() }).parse(JSON.parse(text));
  expect(match.recall).toBeGreaterThanOrEqual(0.98);
  expect(match.precision).toBeGreaterThanOrEqual(0.98);
});

test('the line of a detector in `--help` and in the README has the fields of a real one', async () => {
  const folder = tempFolder();
  const { stdout } = await infer('--model', writeWalkerPackage(folder), '--source', await writeClip(folder));
  const real = lines(stdout).find(({ detections }) => detections.length > 0);
  const fieldsOf = ({ detections: [found], ...rest }: z.infer<typeof line>) => [
    Object.keys(rest),
    Object.keys(found ?? {}).toSorted(),
  ];
  const readme = readFileSync(path.join(import.meta.dirname, '../../../README.md'), 'utf8');
  for (const text of [(await infer('--help')).stdout, readme]) {
    const [written = ''] = /\{"frame":0,"ptsMs":0,"detections":.*?\]\}/.exec(text) ?? [];
    const example = line.parse(JSON.parse(written));
    expect(fieldsOf(example)).toEqual(fieldsOf(real ?? expect.fail('nobody is seen')));
    // Left, top, width and height: the corner opposite lies in the picture too.
    const [left = 0, top = 0, width = 1, height = 1] = example.detections[0]?.box ?? [];
    expect([left + width <= 1, top + height <= 1]).toEqual([true, true]);
    expect(text).toMatch(/left, top, width,?\s+(and\s+)?height as fractions of the picture/);
  }
});
