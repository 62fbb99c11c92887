/** Dates by a pattern of Unicode's letters (UTS 35, the numeric ones), as `dd/MM/yyyy HH:mm:ss`. Pure. */

export interface DateParts {
  readonly year: number;
  /** 1 to 12. */
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  /** With its fraction. */
  readonly second: number;
  /** Minutes ahead of UTC, where the text says so. */
  readonly offsetMinutes?: number;
}

type Field = 'year' | 'month' | 'day' | 'hour' | 'half' | 'minute' | 'second' | 'fraction' | 'zone';

/** What each run of letters stands for, longest first. */
const LETTERS: readonly (readonly [run: string, field: Field, form: string])[] = [
  ['yyyy', 'year', '\\d{4}'],
  ['yy', 'year', '\\d\\d'],
  ['MM', 'month', '\\d\\d'],
  ['M', 'month', '\\d{1,2}'],
  ['dd', 'day', '\\d\\d'],
  ['d', 'day', '\\d{1,2}'],
  ['HH', 'hour', '\\d\\d'],
  ['H', 'hour', '\\d{1,2}'],
  ['hh', 'hour', '\\d\\d'],
  ['h', 'hour', '\\d{1,2}'],
  ['mm', 'minute', '\\d\\d'],
  ['m', 'minute', '\\d{1,2}'],
  ['ss', 'second', '\\d\\d'],
  ['s', 'second', '\\d{1,2}'],
  ['S', 'fraction', '\\d+'],
  ['a', 'half', '[AaPp]\\.?[Mm]\\.?'],
  ['X', 'zone', 'Z|z|[+-]\\d\\d:?\\d\\d'],
];
const KNOWN = 'yyyy, yy, MM, M, dd, d, HH, H, hh, h, mm, m, ss, s, S (fraction), a (am or pm), X (zone)';
/** Years with two digits: 1970 to 2069. */
const TURN = 70;

/**
 * @param format letters as above; text between '…' and everything else stands for itself
 * @returns reads a text; undefined for one of another form
 * @throws RangeError for letters that are none, and for a pattern without a day
 */
export function createPattern(format: string): (text: string) => DateParts | undefined {
  const fields: Field[] = [];
  let expression = '';
  for (let at = 0; at < format.length; ) {
    const quoted = /^'([^']*)'/.exec(format.slice(at));
    const letter = LETTERS.find(([run]) => format.startsWith(run, at));
    const [run = '', field, form = ''] = letter ?? [];
    if (quoted) expression += escaped(quoted[1] ?? '');
    else if (field) expression += `(${form})`;
    else if (/[A-Za-z]/.test(format[at] ?? ''))
      throw new RangeError(`"${format}": no letter "${format[at]}" in a date; known are: ${KNOWN}`);
    else expression += escaped(format[at] ?? '');
    if (!quoted && field) fields.push(field);
    // A fraction has as many digits as the row gives.
    const length = field === 'fraction' ? (/^S+/.exec(format.slice(at))?.[0].length ?? 1) : run.length;
    at += quoted ? quoted[0].length : Math.max(1, length);
  }
  for (const needed of ['year', 'month', 'day'] as const)
    if (!fields.includes(needed)) throw new RangeError(`"${format}" has no ${needed}; a date is as yyyy-MM-dd HH:mm`);
  const pattern = new RegExp(`^\\s*${expression}\\s*$`);
  return (text) => {
    const found = pattern.exec(text);
    if (!found) return undefined;
    const texts: Partial<Record<Field, string>> = {};
    fields.forEach((field, index) => {
      texts[field] = found[index + 1] ?? '';
    });
    return partsOf(texts);
  };
}

function partsOf(texts: Partial<Record<Field, string>>): DateParts {
  const { year = '', month, day, hour = '0', half, minute = '0', second = '0', fraction, zone } = texts;
  const short = Number(year) < TURN ? 2000 : 1900;
  return {
    year: year.length === 2 ? short + Number(year) : Number(year),
    ...{ month: Number(month), day: Number(day), minute: Number(minute) },
    hour: half === undefined ? Number(hour) : (Number(hour) % 12) + (/^p/i.test(half) ? 12 : 0),
    second: Number(second) + Number(`0.${fraction ?? 0}`),
    ...(zone === undefined ? {} : { offsetMinutes: offsetOf(zone) }),
  };
}

/** Minutes by which a zone such as `Z`, `+02:00` or `-0430` is ahead of UTC. */
export function offsetOf(zone: string): number {
  const digits = zone.replace(/\D/g, '');
  const minutes = digits === '' ? 0 : Number(digits.slice(0, 2)) * 60 + Number(digits.slice(2));
  return zone.startsWith('-') ? -minutes : minutes;
}

function escaped(text: string): string {
  return text.replaceAll(/[$()*+./?[\\\]^{|}-]/g, '\\$&');
}
