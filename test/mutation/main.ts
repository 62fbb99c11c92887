#!/usr/bin/env node
/** `npm run mutate [-- PATH …]`: defects put in one at a time, and whether the tests notice. */
import { execFileSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { heading, leftLines, row, survivorLines } from './print.ts';
import { rooms, roomsOf } from './rooms.ts';
import { estimate } from './sample.ts';
import { mutate, type Outcome } from './stryker.ts';
import { readAccepted, sortOut } from './survivors.ts';

const root = process.cwd();
const acceptedFolder = path.join(root, 'test/mutation/accepted');

interface Given {
  readonly since?: string;
  readonly sample?: number;
  readonly seed: number;
  readonly minutes?: number;
  readonly concurrency: number;
  readonly strings: boolean;
  readonly force: boolean;
  readonly all: boolean;
}

function whole(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('must be a whole number from 1.');
  return value;
}

/** Sources that differ from a revision, with those that git does not know yet. */
function changedSince(revision: string): Set<string> {
  const git = (...args: string[]) => execFileSync('git', args, { cwd: root, encoding: 'utf8' }).split('\n');
  const files = [...git('diff', '--name-only', revision), ...git('ls-files', '--others', '--exclude-standard')];
  return new Set(files.filter(Boolean));
}

/** @param whole whether the run was over all files of the room, so that an explanation that fits no survivor is stale */
function report(outcome: Outcome, all: boolean, whole: boolean): boolean {
  const { explained, open, stale } = sortOut(outcome.survivors, readAccepted(acceptedFolder, outcome.room.path));
  console.log(row(outcome, explained.length));
  for (const line of leftLines(outcome)) console.log(line);
  for (const line of survivorLines(all ? outcome.survivors : open)) console.log(line);
  for (const entry of whole && outcome.looked === outcome.reached ? stale : [])
    console.log(`    stale explanation: ${entry.file}: ${entry.code}`);
  return outcome.left > 0 || estimate(outcome).share * 100 >= outcome.room.floor;
}

await new Command('npm run mutate --')
  .description(
    'Puts small defects into the rooms whose logic decides, one at a time, and runs the tests of the room: a defect that no\n' +
      'test notices survives. Prints a score a room, and the survivors that test/mutation/accepted does not explain.',
  )
  .argument('[path...]', 'rooms, or files and folders in them; default: all rooms (hours)')
  .option('--since <revision>', 'only files that changed since a git revision (minutes)')
  .option('--sample <n>', 'look at about so many mutants of each room, and estimate its score', whole)
  .option('--seed <n>', 'which mutants the sample has', whole, 1)
  .option('--minutes <n>', 'end after so many minutes, and print what is known by then; the next run goes on', whole)
  .option('--concurrency <n>', 'workers', whole, availableParallelism())
  .option('--strings', 'mutate texts too', false)
  .option('--force', 'run again what is known from earlier runs', false)
  .option('--all', 'print the explained survivors too', false)
  .addHelpText(
    'after',
    `\nRooms and the least score of each:\n${rooms.map((r) => `  ${r.path.padEnd(30)} ${r.floor} %`).join('\n')}` +
      '\n\nA run that is cut off, by --minutes or in any other way, is not lost: the same command goes on where it was.' +
      '\n\nExit code: 1 when a room that was looked at to its end is below its least score.',
  )
  .action(async (paths: string[], given: Given) => {
    const files = paths.filter((one) => /\.ts$/.test(one));
    const changed =
      given.since !== undefined ? changedSince(given.since) : files.length > 0 ? new Set(files) : undefined;
    console.log(heading());
    let good = true;
    const end = given.minutes === undefined ? undefined : Date.now() + given.minutes * 60_000;
    const notBegun: string[] = [];
    for (const room of roomsOf(paths)) {
      if (end !== undefined && Date.now() >= end) {
        notBegun.push(room.path);
        continue;
      }
      const outcome = await mutate(room, {
        root,
        concurrency: given.concurrency,
        strings: given.strings,
        force: given.force,
        ...(changed && { changed }),
        ...(end !== undefined && { end }),
        ...(given.sample !== undefined && { sample: { size: given.sample, seed: given.seed } }),
      });
      if (outcome !== undefined) good = report(outcome, given.all, changed === undefined) && good;
    }
    if (notBegun.length > 0) console.log(`not begun, the time was over: ${notBegun.join(', ')}`);
    if (!good) process.exitCode = 1;
  })
  .parseAsync();
