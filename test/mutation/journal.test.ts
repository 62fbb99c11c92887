/** What a run that is cut off leaves, and what the next one makes of it: reporter, journal and Stryker's own file together. */
import { appendFileSync, existsSync, mkdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { tempFolder } from '../support/temp.ts';
import { parseKnown } from './journal.ts';
import { JOURNAL, JournalReporter } from './journal-reporter.ts';
import { claim, goOn } from './kept.ts';
import { LEFT_OUT } from './sample-checker.ts';
import { inTime, OUT_OF_TIME } from './timed-runner.ts';

const SOURCE = 'agent/a.ts';
const TEST = 'test/agent/a.test.ts';

function project() {
  const root = tempFolder();
  const write = (file: string, text: string) => {
    mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
    writeFileSync(path.join(root, file), text);
    utimesSync(path.join(root, file), 1, 1);
  };
  write(SOURCE, 'if (a > 1) b();\n');
  write('agent/b.ts', 'c();\n');
  write(TEST, 'test("a")\n');
  const kept = { known: path.join(root, 'known.json'), journal: path.join(root, 'journal.jsonl') };
  const absolute = (file: string) => path.join(root, file);
  const mutant = (id: string, status: string, more: Record<string, unknown> = {}) => ({
    id,
    fileName: absolute(SOURCE),
    mutatorName: 'ConditionalExpression',
    replacement: id,
    status,
    location: { start: { line: 1, column: 5 }, end: { line: 1, column: 10 } },
    ...more,
  });
  /** A run up to the point where it begins with its mutants. */
  const run = (name: string, more: { only?: string[] } = {}) => {
    const of = { root, file: kept.journal, run: name, notRun: [LEFT_OUT, OUT_OF_TIME], ...more };
    vi.stubEnv(JOURNAL, JSON.stringify(of));
    const reporter = new JournalReporter();
    reporter.onDryRunCompleted({ result: { tests: [{ id: '7', name: 'a', fileName: absolute(TEST) }] } });
    reporter.onMutationTestingPlanReady({
      mutantPlans: [{ mutant: { fileName: absolute(SOURCE) } }, { mutant: { fileName: absolute('agent/b.ts') } }],
    });
    return reporter;
  };
  const known = () => parseKnown(readFileSync(kept.known, 'utf8'));
  const fates = () =>
    Object.fromEntries((known()?.files[SOURCE]?.mutants ?? []).map((m) => [m.replacement ?? '', m.status]));
  return { root, write, kept, mutant, run, known, fates };
}

describe('a run that is cut off', () => {
  it('leaves what it found to the next one, with the texts and the tests that it is about', () => {
    const { kept, mutant, run, known, root } = project();
    const reporter = run('all');
    reporter.onMutantTested(mutant('true', 'Killed', { killedBy: ['7'], coveredBy: ['7'], testsCompleted: 1 }));
    reporter.onMutantTested(mutant('false', 'Survived', { coveredBy: ['7'] }));
    appendFileSync(kept.journal, '{"mutant":{"file":"agent/a.ts","stat');
    expect(goOn(kept, 'all', false, false)).toEqual(
      new Map([
        [SOURCE, 2],
        ['agent/b.ts', 0],
      ]),
    );
    const found = known();
    const [{ id } = { id: '' }] = found?.testFiles?.[TEST]?.tests ?? [];
    expect(found?.testFiles?.[TEST]).toMatchObject({ source: readFileSync(path.join(root, TEST), 'utf8') });
    expect(found?.testFiles?.[TEST]?.tests).toEqual([{ id, name: 'a' }]);
    expect(found?.files[SOURCE]).toMatchObject({
      language: 'typescript',
      source: readFileSync(path.join(root, SOURCE), 'utf8'),
      mutants: [
        { replacement: 'true', status: 'Killed', killedBy: [id], coveredBy: [id], testsCompleted: 1 },
        { replacement: 'false', status: 'Survived', coveredBy: [id] },
      ],
    });
    expect(existsSync(kept.journal)).toBe(false);
  });

  it('keeps what was known before it, when it is cut off before it has results, and after', () => {
    const { kept, mutant, run, fates } = project();
    run('all').onMutantTested(mutant('one', 'Killed', { killedBy: ['7'] }));
    goOn(kept, 'all', false, false);
    // Cut off before its plan was ready: no journal.
    goOn(kept, 'all', false, false);
    expect(fates()).toEqual({ one: 'Killed' });
    const second = run('all');
    second.onMutantTested(mutant('two', 'Survived'));
    second.onMutantTested(mutant('one', 'Timeout'));
    goOn(kept, 'all', false, false);
    expect(fates()).toEqual({ one: 'Timeout', two: 'Survived' });
  });

  it('does not count what was not run, nor failures of Stryker', () => {
    const { kept, mutant, run, fates } = project();
    const reporter = run('all');
    reporter.onMutantTested(mutant('late', 'RuntimeError', { statusReason: OUT_OF_TIME }));
    reporter.onMutantTested(mutant('left', 'CompileError', { statusReason: LEFT_OUT }));
    reporter.onMutantTested(mutant('broken', 'RuntimeError', { statusReason: 'worker died' }));
    reporter.onMutantTested(mutant('unreached', 'NoCoverage'));
    expect(readFileSync(kept.journal, 'utf8')).not.toContain(OUT_OF_TIME);
    expect(goOn(kept, 'all', false, false).get(SOURCE)).toBe(0);
    expect(fates()).toEqual({ unreached: 'NoCoverage' });
  });
});

describe('what is taken over', () => {
  it('of a file that changed: only what was found with its new text', () => {
    const { kept, mutant, run, write, fates } = project();
    run('all').onMutantTested(mutant('old', 'Killed', { killedBy: ['7'] }));
    goOn(kept, 'all', false, false);
    write(SOURCE, 'if (a > 2) b();\n');
    run('all').onMutantTested(mutant('new', 'Survived'));
    goOn(kept, 'all', false, false);
    expect(fates()).toEqual({ new: 'Survived' });
  });

  it('of a file that changed while the run began: nothing', () => {
    const { kept, mutant, run, root, fates } = project();
    utimesSync(path.join(root, SOURCE), new Date(), new Date(Date.now() + 60_000));
    run('all').onMutantTested(mutant('one', 'Killed', { killedBy: ['7'] }));
    goOn(kept, 'all', false, false);
    expect(fates()).toEqual({});
  });

  it('of a run over some files: nothing about the others', () => {
    const { kept, mutant, run, fates } = project();
    run('all', { only: ['agent/b.ts'] }).onMutantTested(mutant('one', 'Killed', { killedBy: ['7'] }));
    goOn(kept, 'all', false, false);
    expect(fates()).toEqual({});
  });

  it('of another sample, or when asked to forget: nothing', () => {
    const { kept, mutant, run, fates } = project();
    const cut = (name: string) => run(name).onMutantTested(mutant('one', 'Killed', { killedBy: ['7'] }));
    cut('seed 1');
    goOn(kept, 'seed 1', true, false);
    expect(fates()).toEqual({ one: 'Killed' });
    cut('seed 1');
    goOn(kept, 'seed 2', true, false);
    expect(fates()).toEqual({});
    cut('seed 2');
    goOn(kept, 'seed 2', true, true);
    expect(fates()).toEqual({});
  });

  it("of Stryker's own file: its numbers of tests become names", () => {
    const { kept, mutant, run, known } = project();
    const { fileName: _, ...one } = mutant('one', 'Killed', { killedBy: ['0'], coveredBy: ['0', '9'] });
    const report = {
      files: { [SOURCE]: { source: 'if (a > 1) b();\n', mutants: [one] } },
      testFiles: { [TEST]: { tests: [{ id: '0', name: 'a' }] } },
    };
    writeFileSync(kept.known, JSON.stringify(report));
    goOn(kept, 'all', false, false);
    const [test] = known()?.testFiles?.[TEST]?.tests ?? [];
    expect(known()?.files[SOURCE]?.mutants).toMatchObject([{ killedBy: [test?.id], coveredBy: [test?.id] }]);
    // The journal of a later run names the same test the same way.
    run('all').onMutantTested({
      ...mutant('two', 'Killed', { killedBy: ['7'] }),
      fileName: path.join(path.dirname(kept.known), 'agent/b.ts'),
    });
    goOn(kept, 'all', false, false);
    expect(known()?.files['agent/b.ts']?.mutants).toMatchObject([{ killedBy: [test?.id] }]);
    expect(known()?.files[SOURCE]?.mutants).toMatchObject([{ killedBy: [test?.id] }]);
  });
});

it('a room belongs to one run at a time; one that has ended, however, holds nothing', () => {
  const file = path.join(tempFolder(), 'room.pid');
  claim(file);
  claim(file);
  expect(readFileSync(file, 'utf8')).toBe(String(process.pid));
  writeFileSync(file, String(process.ppid));
  expect(() => claim(file)).toThrow(`process ${process.ppid} runs the mutants of this room`);
  // No process can have this number.
  writeFileSync(file, String(2 ** 30));
  claim(file);
  expect(readFileSync(file, 'utf8')).toBe(String(process.pid));
});

it('a runner in time runs until the end, and then says that the time was over, also of what is under way', async () => {
  const late = { status: 'error', errorMessage: OUT_OF_TIME };
  let now = 0;
  const ran: string[] = [];
  const runs = async (id: string) => {
    ran.push(id);
    return id === 'hangs' ? new Promise<never>(() => undefined) : { status: 'killed' };
  };
  const run = inTime(runs, 100, () => now);
  expect(await run('a')).toEqual({ status: 'killed' });
  now = 99;
  expect(await run('hangs')).toEqual(late);
  now = 100;
  expect(await run('c')).toEqual(late);
  expect(ran).toEqual(['a', 'hangs']);
  await expect(
    inTime(
      () => Promise.reject(new Error('it broke')),
      1e9,
      () => 0,
    )('d'),
  ).rejects.toThrow('it broke');
  expect(await inTime(runs, Number.POSITIVE_INFINITY, () => now)('e')).toEqual({ status: 'killed' });
});
