/** Numbers as arguments of commands, and the options that several commands share. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { type TimeUnit, timeUnits } from '../../shared/contract/config/sensor-source.ts';
import { weeksBetween } from '../train/false-alarms.ts';

export function positive(text: string): number {
  const value = Number(text);
  if (!(value > 0) || !Number.isFinite(value)) throw new InvalidArgumentError('must be a number above 0.');
  return value;
}

export function positiveInteger(text: string): number {
  const value = positive(text);
  if (!Number.isInteger(value)) throw new InvalidArgumentError('must be a whole number above 0.');
  return value;
}

export function fraction(text: string): number {
  const value = positive(text);
  if (value > 1) throw new InvalidArgumentError('must be above 0 and at most 1.');
  return value;
}

/** @returns weeks between two */
export function falseAlarms(text: string): number {
  const weeks = weeksBetween(text);
  if (weeks === undefined) throw new InvalidArgumentError('must be as 1/week (or day, month, year).');
  return weeks;
}

/** How the rows of a series are read: options that `infer` and `train` share. */
export interface RowFlags {
  readonly timeUnit?: TimeUnit;
  readonly timeFormat?: string;
  readonly timeZone?: string;
  /** Seconds. */
  readonly count?: number;
}

export function withRowOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--time-unit <unit>', 'of times that are numbers (default: by their size)').choices([...timeUnits]),
    )
    .option('--time-format <form>', 'how the time is written, as dd/MM/yyyy HH:mm:ss')
    .option('--time-zone <zone>', 'of times that name no zone, as Europe/Berlin (default: UTC)')
    .option(
      '--count <seconds>',
      'of a series of events: how many rows come in so many seconds is the value, as 60 for a minute',
      positive,
    );
}
