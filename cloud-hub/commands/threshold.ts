/** `vedette-hub threshold …`: thresholds of a stream out of second opinions: proposed, set, undone, or tuned by the hub. */
import { type Command, InvalidArgumentError } from 'commander';
import type { CommandContext } from './context.ts';
import { clientOf, type HubAccess, withHubAccess } from './hub-access.ts';
import { proposedLabels, textOf } from './threshold-text.ts';

interface Precision extends HubAccess {
  readonly precision: number;
}

interface Bounds extends Precision {
  readonly min: number;
  readonly max: number;
  readonly maxStep: number;
}

export function addThresholdCommands(program: Command, { stdout }: CommandContext): void {
  const threshold = program
    .command('threshold')
    .description('thresholds out of second opinions and corrections: propose, apply, undo, clear, automatic');
  const command = (usage: string, description: string) =>
    withHubAccess(threshold.command(usage).description(description));
  const withPrecision = (one: Command) =>
    one.option(
      '--precision <share>',
      'share of the objects that shall be right, 0.5 to 0.999',
      shareFrom(0.5, 0.999),
      0.9,
    );

  withPrecision(
    command(
      'propose <device> <stream>',
      'propose a threshold per label that reaches a precision, with what it would change',
    ),
  )
    .option('--json', 'as the API says it')
    .addHelpText(
      'after',
      `
Decides by frames that chance chose (escalate: { choose: [{ kind: random, share: 0.001 }] }): what the other selectors choose
is unsure by choice and would say too little good of the stream. A threshold is proposed when even the lower end of the 95 % interval
reaches the precision. "threshold apply" sends it to the device. Exit code: 0, also where nothing can be proposed.`,
    )
    .action(async (device: string, stream: string, flags: Precision & { json?: boolean }) => {
      const answer = await clientOf(flags).thresholds(device, stream, flags.precision);
      stdout.write(flags.json ? `${JSON.stringify(answer)}\n` : textOf(answer));
    });

  withPrecision(command('apply <device> <stream> [label=threshold...]', 'set what is proposed, or these; no restart'))
    .addHelpText(
      'after',
      `
  vedette-hub threshold apply cam-7 door                      all that "threshold propose" proposes
  vedette-hub threshold apply cam-7 door person=0.45 car=0.6  these; others stay as they are

The device takes them up with its next connection at the latest, from one frame to the next. They hold as long as the stream runs the
model that they were tuned for. "threshold undo" takes the last change back.
Exit code: 0 when they are set, 1 when nothing is proposed.`,
    )
    .action(async (device: string, stream: string, pairs: readonly string[], flags: Precision) => {
      const given = Object.fromEntries(pairs.map(pairOf));
      const hub = clientOf(flags);
      const answer = await hub.thresholds(device, stream, flags.precision);
      const labels = pairs.length > 0 ? given : proposedLabels(answer);
      if (Object.keys(labels).length === 0) {
        stdout.write(textOf(answer));
        throw new Error('nothing is proposed, so nothing was changed');
      }
      const { model, inForce } = answer;
      const held = inForce?.model === model ? inForce?.labels : {};
      await hub.setThresholds(device, stream, {
        labels: { ...held, ...labels },
        ...(model === undefined ? {} : { model }),
      });
      stdout.write(`${device} / ${stream}: ${listOf(labels)}\n`);
    });

  command('undo <device> <stream>', 'undo the last change; changes by the hub itself end with it').action(
    async (device: string, stream: string, flags: HubAccess) => {
      const hub = clientOf(flags);
      await hub.undoThresholds(device, stream);
      const { inForce } = await hub.thresholds(device, stream, 0.9);
      stdout.write(`${device} / ${stream}: ${inForce ? listOf(inForce.labels) : 'as the device is configured'}\n`);
    },
  );

  command('clear <device> <stream>', "go back to the threshold of the device's own configuration").action(
    async (device: string, stream: string, flags: HubAccess) => {
      await clientOf(flags).clearThresholds(device, stream);
      stdout.write(`${device} / ${stream}: as the device is configured\n`);
    },
  );

  withPrecision(
    command('automatic <device> <stream>', 'let the hub set thresholds by itself, within bounds: now, and each hour'),
  )
    .requiredOption('--min <score>', 'no threshold is set below', shareFrom(0, 1))
    .requiredOption('--max <score>', 'nor above', shareFrom(0, 1))
    .option('--max-step <score>', 'most that one change moves a threshold', shareFrom(0.01, 1), 0.1)
    .addHelpText('after', '\nEach change is in the audit ("vedette-hub audit list"). To end it: "threshold manual".')
    .action(async (device: string, stream: string, { precision, min, max, maxStep, ...access }: Bounds) => {
      await clientOf(access).tuneThresholds(device, stream, { precision, min, max, maxStep });
      stdout.write(`${device} / ${stream}: tuned by the hub between ${min} and ${max}\n`);
    });

  command('manual <device> <stream>', 'change no thresholds without a person any more; those in force stay').action(
    async (device: string, stream: string, flags: HubAccess) => {
      await clientOf(flags).tuneThresholds(device, stream, undefined);
      stdout.write(`${device} / ${stream}: changed by people only\n`);
    },
  );
}

const shareFrom = (least: number, most: number) => (text: string) => {
  const value = Number(text);
  if (!(text.trim() !== '' && value >= least && value <= most))
    throw new InvalidArgumentError(`must be ${least} to ${most}.`);
  return value;
};

/** @throws Error that names what is wrong */
function pairOf(text: string): [label: string, threshold: number] {
  const at = text.lastIndexOf('=');
  const digits = text.slice(at + 1);
  const value = Number(digits);
  if (at < 1 || !/^\d*\.?\d+$/.test(digits) || value > 1)
    throw new Error(`"${text}" must be LABEL=THRESHOLD with a threshold from 0 to 1, such as person=0.45`);
  return [text.slice(0, at), value];
}

const listOf = (labels: Readonly<Record<string, number>>) =>
  Object.entries(labels)
    .map(([label, value]) => `${label} ${value}`)
    .join(', ');
