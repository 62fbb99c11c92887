/** `infer` on sound, with a model that takes log-mel features. */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { runProgram } from '../../support/program.ts';
import { wavOf } from '../../support/sensor.ts';
import { RATE, tones, writeSoundPackage } from '../../support/sound-model.ts';
import { tempFolder } from '../../support/temp.ts';

const line = z.looseObject({ classes: z.array(z.object({ label: z.string(), score: z.number() })) });

test('each window is heard by its features, overlapping as the package says', async () => {
  const folder = tempFolder();
  const model = writeSoundPackage(path.join(folder, 'pitch'));
  const wav = path.join(folder, 'tones.wav');
  const out = path.join(folder, 'out.jsonl');
  writeFileSync(wav, wavOf(tones({ hz: 300, seconds: 2 }, { hz: 5000, seconds: 2 }), RATE));
  const { code, stderr } = await runProgram('agent/main.js', [
    'infer',
    '--model',
    model,
    '--source',
    wav,
    '--out',
    out,
  ]);
  expect(code, stderr).toBe(0);
  const lines = readFileSync(out, 'utf8').trim().split('\n');
  const heard = lines.map((text) => line.parse(JSON.parse(text)).classes[0]?.label);
  // 4 s hold 15 windows of half a second, a quarter apart; the eighth lies over the change.
  expect(heard).toHaveLength(15);
  expect(heard.slice(0, 7)).toEqual(new Array(7).fill('low'));
  expect(heard.slice(8)).toEqual(new Array(7).fill('high'));
});

test('features that the graph does not take are refused, with both said', async () => {
  const folder = tempFolder();
  const logMel = { frame: 640, hop: 160, bands: 32 };
  const model = writeSoundPackage(path.join(folder, 'pitch'), { input: { sampleRate: RATE, window: 8000, logMel } });
  const wav = path.join(folder, 'tone.wav');
  writeFileSync(wav, wavOf(tones({ hz: 300, seconds: 1 }), RATE));
  const { code, stderr } = await runProgram('agent/main.js', ['infer', '--model', model, '--source', wav]);
  expect(code).not.toBe(0);
  expect(stderr).toContain('47 frames of 32 mel bands, time-bands');
  expect(stderr).toContain('[1, 26, 32] in "features"');
});
