/** The outcome of a chaos run for a person. */
import type { ControlResult } from './control.ts';
import { type ChaosResult, isClean } from './run.ts';

const SHOWN = 10;

export function print(result: ChaosResult, printLine: (line: string) => void): void {
  const { verdicts, tally, kills, seconds, drainSeconds, takeovers } = result;
  const list = (counts: Record<string, number>) =>
    Object.entries(counts)
      .map(([what, n]) => `${n} ${what}`)
      .join(', ') || 'none';
  printLine('');
  printLine(`${seconds.toFixed(0)} s, ${kills} kills (${list(tally.kills)}), other faults: ${list(tally.others)}`);
  if (Object.keys(tally.skipped).length > 0) printLine(`not carried out: ${list(tally.skipped)}`);
  printLine(`everything was at the hub ${drainSeconds.toFixed(1)} s after the last fault`);
  if (takeovers.length > 0) {
    const [most, mean] = [Math.max(...takeovers), takeovers.reduce((sum, ms) => sum + ms, 0) / takeovers.length];
    printLine(
      `another hub worked ${(mean / 1000).toFixed(1)} s after the one that worked was killed (${takeovers.length} times, at most ${(most / 1000).toFixed(1)} s)`,
    );
  }
  for (const { device, verdict, opinions } of verdicts) {
    const { committed, stored, givenUp, lost, doubled, foreign, outOfOrder, unexplained } = verdict;
    printLine(
      `${device}: ${committed} committed, ${stored} at the hub, ${givenUp} given up and accounted for; ` +
        `${lost.length} lost, ${doubled.length} doubled, ${foreign.length} foreign, ${outOfOrder.length} out of order, ` +
        `${unexplained.length} unexplained gaps`,
    );
    const { asked, amended, wrong } = opinions;
    const given = `${opinions.opinions} second opinions`;
    printLine(`  ${asked} events asked about, ${amended} amended, by ${given}; ${wrong.length} wrong`);
    for (const [what, found] of Object.entries({ lost, doubled, foreign, outOfOrder, unexplained, wrong })) {
      if (found.length > 0)
        printLine(`  ${what}: ${found.slice(0, SHOWN).join(', ')}${found.length > SHOWN ? ', …' : ''}`);
    }
  }
  printLine(isClean(result) ? 'clean' : 'NOT CLEAN');
}

export function printControl(
  { published, arrived, lost, doubled, kills }: ControlResult,
  printLine: (line: string) => void,
): void {
  printLine('');
  printLine(
    `${kills} kills; ${published} published, ${arrived} arrived: ${lost} lost, ${doubled} doubled, no record of either`,
  );
}
