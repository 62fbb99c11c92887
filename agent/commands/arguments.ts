/** Numbers as arguments of commands. */
import { InvalidArgumentError } from 'commander';
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
