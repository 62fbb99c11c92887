/**
 * The journal of a run: the fate of each mutant as soon as it is known. A run that is cut off was not for nothing, the next one goes on from it.
 *
 * Format: a JSON object a line. First what run it is (`Head`), then the texts that its results are about, with the tests in them; then a line a mutant.
 *
 * 1. It begins when all that costs nothing is known: what Stryker took over from earlier runs comes first, so the journal alone
 *    says at least what was known before about the files that it has the texts of.
 * 2. It has only results. A mutant that was left out, or that the time did not reach, has no line.
 * 3. A result counts only with the text of its file: files that changed while the run began have none.
 *
 * After a crash: the last line may be torn, and is skipped. All others stand, because lines are only appended.
 */
import path from 'node:path';
import { z } from 'zod';

/** The least that Stryker has to find in the file of an earlier run (`incrementalFile`), and what we look at in it. */
const position = z.object({ line: z.number(), column: z.number() });
const mutant = z.looseObject({
  mutatorName: z.string(),
  replacement: z.string().optional(),
  status: z.string(),
  statusReason: z.string().optional(),
  location: z.object({ start: position, end: position }),
  killedBy: z.array(z.string()).optional(),
  coveredBy: z.array(z.string()).optional(),
});
const test = z.looseObject({ id: z.string(), name: z.string() });
const testFile = z.looseObject({ source: z.string().optional(), tests: z.array(test) });
const reportedFile = z.looseObject({ source: z.string(), mutants: z.array(mutant) });
const known = z.looseObject({
  files: z.record(z.string(), reportedFile),
  testFiles: z.record(z.string(), testFile).optional(),
});

export type KnownMutant = z.infer<typeof mutant>;
/** What is known of a room, in the form of Stryker's report; files are named from the root. */
export type Known = z.infer<typeof known>;

const head = z.object({ format: z.literal(1), run: z.string() });
const line = z.union([
  z.object({ source: z.object({ file: z.string(), text: z.string() }) }),
  z.object({ tests: z.object({ file: z.string(), text: z.string(), names: z.array(z.string()) }) }),
  z.object({ mutant: mutant.extend({ file: z.string() }) }),
]);
/** What run it is: results of a sample count only for the same sample. */
export type Head = z.infer<typeof head>;
export type Line = z.infer<typeof line>;

/** How tests are named in the journal and in what we make of it: the ids of Stryker's reports differ from run to run. */
export const testName = (file: string, name: string): string => `${file}\n${name}`;

/** @returns undefined when the text is no report */
export function parseKnown(text: string): Known | undefined {
  const read = known.safeParse(json(text));
  return read.success ? read.data : undefined;
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What a journal of this run says; undefined when it is of another run, or none. Lines that are torn are skipped. */
export function readJournal(text: string, run: string): Known | undefined {
  const [first = '', ...others] = text.split('\n');
  const began = head.safeParse(json(first));
  if (!began.success || began.data.run !== run) return undefined;
  const lines = others.map((one) => line.safeParse(json(one))).flatMap((read) => (read.success ? [read.data] : []));
  const files: Known['files'] = {};
  const testFiles: NonNullable<Known['testFiles']> = {};
  for (const one of lines) {
    if ('source' in one) files[one.source.file] = { language: 'typescript', source: one.source.text, mutants: [] };
    if ('tests' in one) {
      const { file, text: source, names } = one.tests;
      testFiles[file] = { source, tests: names.map((name) => ({ id: testName(file, name), name })) };
    }
  }
  for (const one of lines) {
    if (!('mutant' in one)) continue;
    const { file, ...result } = one.mutant;
    files[file]?.mutants.push(result);
  }
  return { files, testFiles };
}

const keyOf = ({ mutatorName, replacement, location: { start, end } }: KnownMutant): string =>
  [start.line, start.column, end.line, end.column, mutatorName, replacement].join(':');

/**
 * What is known after a run that may have been cut off.
 * @param before what was known when it began
 * @param since what its journal says; wins
 * @param keeps whether a result may be taken over
 */
export function merge(
  before: Known | undefined,
  since: Known | undefined,
  keeps: (one: KnownMutant) => boolean,
): Known {
  const old = before === undefined ? { files: {}, testFiles: {} } : renamed(before);
  const files = { ...old.files };
  for (const [file, { source, mutants, ...rest }] of Object.entries(since?.files ?? {})) {
    const was = files[file]?.source === source ? (files[file]?.mutants ?? []) : [];
    const all = new Map([...was, ...mutants].map((one) => [keyOf(one), one]));
    files[file] = { ...rest, source, mutants: [...all.values()] };
  }
  for (const [file, { mutants, ...rest }] of Object.entries(files))
    files[file] = { ...rest, mutants: mutants.filter(keeps) };
  return { files, testFiles: { ...old.testFiles, ...since?.testFiles } };
}

/** The same with the names of tests instead of the numbers that Stryker gives them. */
function renamed({ files, testFiles = {}, ...rest }: Known): Known {
  const names = new Map<string, string>();
  const named = Object.entries(testFiles).map(([file, { tests, ...others }]) => {
    for (const { id, name } of tests) names.set(id, testName(file, name));
    return [file, { ...others, tests: tests.map((one) => ({ ...one, id: testName(file, one.name) })) }] as const;
  });
  const rename = (ids: readonly string[] | undefined) =>
    ids?.flatMap((id) => {
      const name = names.get(id);
      return name === undefined ? [] : [name];
    });
  const mutantOf = (one: KnownMutant): KnownMutant => ({
    ...one,
    ...(one.killedBy && { killedBy: rename(one.killedBy) }),
    ...(one.coveredBy && { coveredBy: rename(one.coveredBy) }),
  });
  return {
    ...rest,
    files: Object.fromEntries(
      Object.entries(files).map(([file, one]) => [file, { ...one, mutants: one.mutants.map(mutantOf) }]),
    ),
    testFiles: Object.fromEntries(named),
  };
}

/** From the root, with slashes. */
export const fromRoot = (root: string, file: string): string => path.relative(root, file).split(path.sep).join('/');
