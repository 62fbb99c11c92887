/** `vedette-hub threshold …`: what second opinions say of the thresholds of a stream. */
import { type Command, InvalidArgumentError } from 'commander';
import type { StreamThresholds, ThresholdAdvice } from '../contract/threshold.ts';
import type { CommandContext } from './context.ts';
import { clientOf, type HubAccess, withHubAccess } from './hub-access.ts';

interface ProposeFlags extends HubAccess {
  readonly precision: number;
  readonly json?: boolean;
}

export function addThresholdCommands(program: Command, { stdout }: CommandContext): void {
  const threshold = program
    .command('threshold')
    .description('thresholds out of second opinions and corrections: propose');
  withHubAccess(
    threshold
      .command('propose <device> <stream>')
      .description('propose a threshold per label that reaches a precision, with what it would change')
      .option('--precision <share>', 'share of the objects that shall be right, 0.5 to 0.999', shareOf, 0.9)
      .option('--json', 'as the API says it')
      .addHelpText(
        'after',
        `
Decides by frames that chance chose (escalate: { choose: [{ kind: random, share: 0.001 }] }): what the other selectors choose
is unsure by choice and would say too little good of the stream. A threshold is proposed when even the lower end of the 95 % interval
reaches the precision. Put it into the stream: threshold: 0.52. Exit code: 0, also where nothing can be proposed.`,
      ),
  ).action(async (device: string, stream: string, flags: ProposeFlags) => {
    const answer = await clientOf(flags).thresholds(device, stream, flags.precision);
    stdout.write(flags.json ? `${JSON.stringify(answer)}\n` : textOf(answer));
  });
}

function shareOf(text: string): number {
  const value = Number(text);
  if (!(value >= 0.5 && value <= 0.999)) throw new InvalidArgumentError('must be 0.5 to 0.999.');
  return value;
}

export function textOf({ device, stream, precision, frames, items }: StreamThresholds): string {
  const head = `${device} / ${stream}: ${frames} frames that chance chose, wanted precision ${percent(precision)}\n`;
  if (items.length === 0) return `${head}nothing is known yet: no frame that the hub answered shows an object\n`;
  return head + items.map(adviceText).join('');
}

function adviceText({ label, today, proposed, events, reason }: ThresholdAdvice): string {
  const lines = [`${label}: ${proposed ? `threshold ${proposed.threshold}` : 'no proposal'}. ${reason}`];
  for (const [word, one] of [
    ['today', today],
    ['then', proposed],
  ] as const) {
    if (!one) continue;
    const { precision: p, kept } = one;
    lines.push(
      `  ${word.padEnd(5)} ${percent(p.share)} right (${percent(p.from)} to ${percent(p.to)}, n = ${p.n}), keeps ${percent(kept.share)} of the right ones`,
    );
  }
  if (events && events.wrong + events.right > 0)
    lines.push(
      `  of events that hub or operator judged: ${events.wrongLeft} of ${events.wrong} wrong ones and ${events.rightLeft} of ${events.right} right ones are left`,
    );
  return `${lines.join('\n')}\n`;
}

const percent = (share: number) => `${Math.round(share * 1000) / 10} %`;
