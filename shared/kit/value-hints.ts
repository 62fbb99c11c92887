/** What somebody who wrote a value of the wrong type most likely meant. Pure. */
import type { z } from 'zod';

const YES_OR_NO = /^(y|yes|n|no|on|off|true|false)$/i;
const DECIMAL_COMMA = /^[+-]?\d+,\d+$/;
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
const NUMBER_AND_UNIT = /^([+-]?\d+(?:\.\d+)?)\s*[a-zA-Z%/°]+$/;
const LONGEST = 64;

/**
 * @param expected type that the schema asks for, as zod names it
 * @param found what was written
 * @returns a sentence that says what to write, or nothing where that cannot be known
 */
export function hintFor(expected: z.core.$ZodIssueInvalidType['expected'], found: unknown): string | undefined {
  if (found === null) return 'nothing is written there: give a value, or leave the key out';
  if (expected === 'number' || expected === 'int') return numberHint(found);
  if (expected === 'boolean' && ((typeof found === 'string' && YES_OR_NO.test(found)) || found === 0 || found === 1))
    return 'write true or false, without quotes';
  if (expected === 'string' && (typeof found === 'number' || typeof found === 'boolean'))
    return 'put it in quotes to make it a text';
  if (expected === 'array' && typeof found !== 'object' && found !== undefined)
    return 'write a list, also of one: [ … ]';
  return undefined;
}

function numberHint(found: unknown): string | undefined {
  if (typeof found === 'number') return 'write a number that has an end: neither .inf nor .nan';
  if (typeof found !== 'string' || found.length > LONGEST) return undefined;
  if (DECIMAL_COMMA.test(found)) return `write ${found.replace(',', '.')}, with a decimal point`;
  if (NUMBER.test(found)) return 'write it without quotes';
  const [, number] = NUMBER_AND_UNIT.exec(found) ?? [];
  return number === undefined ? undefined : `write the number alone: ${number}`;
}
