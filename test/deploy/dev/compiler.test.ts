import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createCompiler } from '../../../deploy/dev/compiler.ts';
import { systemClock } from '../../../shared/kit/clock.ts';
import { descendantsOf, lives } from '../../support/processes.ts';
import { tempFolder } from '../../support/temp.ts';
import { until } from '../../support/until.ts';

function project() {
  const root = tempFolder();
  const source = path.join(root, 'src', 'a.ts');
  mkdirSync(path.dirname(source));
  const compilerOptions = { rootDir: 'src', outDir: 'dist', module: 'NodeNext', strict: true, types: [] };
  writeFileSync(path.join(root, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['src'] }));
  const passes: (readonly string[])[] = [];
  const lines: string[] = [];
  const compiler = createCompiler({
    root,
    clock: systemClock,
    onPass: (faulty) => passes.push(faulty),
    print: (line) => lines.push(line),
  });
  onTestFinished(() => compiler.stop());
  return { source, built: path.join(root, 'dist', 'a.js'), passes, lines, compiler };
}

test('each pass says which files have errors, and what compiles is written', { timeout: 120_000 }, async () => {
  const { source, built, passes, lines, compiler } = project();
  const save = async (text: string) => {
    const before = passes.length;
    writeFileSync(source, text);
    compiler.poke();
    compiler.poke();
    await until(() => passes.length > before, 'a pass', 30_000);
  };
  await save('export const a: number = 1;\n');
  expect({ passes, lines }).toEqual({ passes: [[]], lines: [] });
  expect(readFileSync(built, 'utf8')).toContain('a = 1');
  await save("export const a: number = 'one';\nexport const b: string = 2;\n");
  expect(passes).toEqual([[], ['src/a.ts', 'src/a.ts']]);
  expect(lines).toEqual([
    "src/a.ts(1,14): error TS2322: Type 'string' is not assignable to type 'number'.",
    "src/a.ts(2,14): error TS2322: Type 'number' is not assignable to type 'string'.",
  ]);
  await save('export const a: number = 2;\n');
  expect(passes).toEqual([[], ['src/a.ts', 'src/a.ts'], []]);
  expect(readFileSync(built, 'utf8')).toContain('a = 2');
});

test('a change while it compiles is compiled after; one pass for many of them', { timeout: 120_000 }, async () => {
  const { source, built, passes, compiler } = project();
  const before = descendantsOf(process.pid);
  writeFileSync(source, 'export const a = 1;\n');
  compiler.poke();
  await until(() => descendantsOf(process.pid).length > before.length, 'it compiles', 30_000);
  writeFileSync(source, 'export const a = 2;\n');
  compiler.poke();
  await until(() => passes.length > 0, 'the first pass', 30_000);
  compiler.poke();
  await until(() => passes.length > 1 && readFileSync(built, 'utf8').includes('a = 2'), 'the change', 30_000);
  expect(passes.length).toBeLessThanOrEqual(3);
});

test('stop ends a compiler that runs, with all its processes, and nothing is told', { timeout: 120_000 }, async () => {
  const { source, passes, compiler } = project();
  const before = descendantsOf(process.pid);
  writeFileSync(source, 'export const a = 1;\n');
  compiler.poke();
  const started = await until(
    () => descendantsOf(process.pid).filter((pid) => !before.includes(pid)).length > 0,
    'it compiles',
    30_000,
  );
  expect(started).toBe(true);
  const processes = descendantsOf(process.pid).filter((pid) => !before.includes(pid));
  await compiler.stop();
  await until(() => !processes.some(lives), 'no process of it is left');
  compiler.poke();
  expect(passes).toEqual([]);
});
