/** ONNX Runtime keeps no telemetry of its own on a box, and sends none. */
import { execFileSync } from 'node:child_process';
import { readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { brightModel } from '../../../support/onnx.ts';
import { built } from '../../../support/spawn.ts';
import { tempFolder } from '../../../support/temp.ts';

/** Opens a session in a process whose home folder is empty. @returns what lies in the home folder afterwards */
function left(runtime: string): string[] {
  const [home, model] = [tempFolder(), path.join(tempFolder(), 'model.onnx')];
  writeFileSync(model, brightModel());
  const code = `const { InferenceSession } = await import(${JSON.stringify(runtime)});
    await InferenceSession.create(${JSON.stringify(model)});`;
  // Nothing else of the environment: the library keeps quiet by itself where a variable says that it runs in a pipeline (`CI`).
  execFileSync(process.execPath, ['--input-type=module', '-e', code], {
    env: { HOME: home },
    cwd: path.dirname(built('agent/main.js')),
  });
  return readdirSync(home, { recursive: true, encoding: 'utf8' });
}

test('a session leaves nothing in the home folder, where the bare library keeps a device id', () => {
  expect(left('onnxruntime-node').join()).toContain('deviceid');
  expect(left(pathToFileURL(built('shared/engine/infer/onnxruntime.js')).href)).toEqual([]);
});
