/** Errors of a series' source in the words of the flags of `infer`. */

const flagOf: Readonly<Record<string, string>> = {
  values: '--column',
  time: '--time',
  timeUnit: '--time-unit',
  timeFormat: '--time-format',
  timeZone: '--time-zone',
  countS: '--count',
};

/** A message that speaks of the configuration's keys, in the words of the command. */
export function inFlags(message: string): string {
  return message
    .replaceAll(
      /`(?:source\.)?(values|time|timeUnit|timeFormat|timeZone|countS)`/g,
      (text, key: string) => flagOf[key] ?? text,
    )
    .replaceAll(/\bsource\.(timeUnit|timeFormat|timeZone|countS):/g, (text, key: string) =>
      flagOf[key] ? `${flagOf[key]}:` : text,
    )
    .replaceAll('--column and --time of the source name others', 'name others with --column and --time');
}
