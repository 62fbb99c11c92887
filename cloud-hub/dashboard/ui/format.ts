/** Numbers and times as text. Times are those of the reader's place; `title`s carry UTC. */
const clock = { hour: 'numeric', minute: '2-digit' } as const;

/** How times are written, everywhere alike: as the locale has it, by half or whole days. */
export function createTimeTexts(locale?: string) {
  const timeFormat = new Intl.DateTimeFormat(locale, { ...clock, second: '2-digit' });
  const dayFormat = new Intl.DateTimeFormat(locale, { month: 'short', day: 'numeric', ...clock, second: '2-digit' });
  const tickFormat = new Intl.DateTimeFormat(locale, clock);
  return {
    /** The time of day, with the date when it is not within the last 12 hours. */
    moment: (at: number, now: number): string => (Math.abs(now - at) < 12 * HOUR ? timeFormat : dayFormat).format(at),
    /** The same for an axis of hours: no seconds. */
    tick: (at: number): string => tickFormat.format(at),
  };
}

const wholeFormat = new Intl.NumberFormat();

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const exponentFormat = new Intl.NumberFormat(undefined, { notation: 'scientific', maximumFractionDigits: 2 });

/** From here on a number is written with an exponent: a device may send 1e308, and no number shall push others off the page. */
const LARGE = 1e15;

export const whole = (n: number): string =>
  Math.abs(n) < LARGE ? wholeFormat.format(Math.round(n)) : exponentFormat.format(n);

/** 0.873 → "87%". */
export const percent = (fraction: number): string => `${whole(fraction * 100)}%`;

/** Three significant figures at most, below 1 two, without a tail of zeros: 12.34 → "12.3", 3 → "3", 0.0123 → "0.012". */
export function short(n: number): string {
  if (n === 0) return '0';
  if (Math.abs(n) >= LARGE) return exponentFormat.format(n);
  if (Math.abs(n) < 1) return String(Number(n.toPrecision(2)));
  const digits = Math.abs(n) >= 100 ? 0 : Math.abs(n) >= 10 ? 1 : 2;
  return whole(n) === wholeFormat.format(n) ? whole(n) : String(Number(n.toFixed(digits)));
}

/** The same for an axis, which has room for six characters: 0.00001 → "1e-5". */
export const tickText = (n: number): string => (n !== 0 && Math.abs(n) < 0.001 ? n.toExponential(0) : short(n));

/** 1536 → "1.5 KiB". */
export function bytes(n: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  const power = Math.min(units.length - 1, n < 1024 ? 0 : Math.floor(Math.log2(n) / 10));
  return `${short(n / 1024 ** power)} ${units[power]}`;
}

/** A duration in its largest unit: 95 s → "1 min". */
export function span(ms: number): string {
  if (ms < MINUTE) return `${Math.max(0, Math.floor(ms / SECOND))} s`;
  if (ms < HOUR) return `${Math.floor(ms / MINUTE)} min`;
  if (ms < 2 * DAY) return `${Math.floor(ms / HOUR)} h`;
  return `${whole(Math.floor(ms / DAY))} d`;
}

/** "just now", "12 s ago"; a time ahead of ours, from a wrong clock, is "just now" within a minute and dated beyond. */
export function ago(at: number, now: number): string {
  const ms = now - at;
  if (ms < -MINUTE) return moment(at, now);
  return ms < 2 * SECOND ? 'just now' : `${span(ms)} ago`;
}

export const { moment, tick: timeTick } = createTimeTexts();

/** `sha256:0123456789ab…` → `0123456789ab`. */
export const shortDigest = (digest: string): string => digest.replace(/^sha256:/, '').slice(0, 12);
