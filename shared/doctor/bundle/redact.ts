/**
 * Takes secrets out of text. Pure. Two nets: values that are known to be secret are removed wherever they stand and however they are
 * written; and what looks like a secret is removed whatever it is. It would rather hide too much: who needs a hidden word asks for it.
 */

export const HIDDEN = '[hidden]';

/** A shorter value would hide half of the text; what is that short is hidden where its key says what it is. */
const LEAST = 4;
/** Names of what holds a secret. */
const NAMES =
  'pass(?:word|wd|phrase)?|pwd|secret|token|credential|authorization|cookie|claim|api[_-]?key|private[_-]?key';
const KEY = new RegExp(`(?:${NAMES})`, 'i');
const PRIVATE_KEY = /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g;
const SCHEME = /\b(Bearer|Basic|Digest)\s+[^\s"',;]+/gi;
const CLAIM = /\bvedette1\.[^\s"',;]*/g;
const ADDRESS = /\b([a-z][a-z0-9+.-]*):\/\/([^\s"'<>\\]+)/gi;
/** `password: x`, `"token":"x"`, `api_key=x`; the value of a key of this name. */
const VALUES = [
  // JSON in a text of JSON: quotes within the value have two or more backslashes.
  String.raw`\\"(?:[^"\\]|\\\\+"?|\\(?!["\\]))*\\"`,
  String.raw`"(?:\\.|[^"\\])*"`,
  "'[^']*'",
  String.raw`[^\s,;&}\]]+`,
].join('|');
const PAIR = new RegExp(String.raw`((?:\\?"|')?[\w.-]*(?:${NAMES})[\w.-]*(?:\\?"|')?\s*[:=]\s*)(${VALUES})`, 'gi');
/** Random bytes as base64 or hex. Digests are not secret. */
const RANDOM = /(sha256:)?[A-Za-z0-9+/_-]{32,}={0,2}/g;

export type Redact = (text: string) => string;

/** @param secrets values, as they are */
export function createRedactor(secrets: Iterable<string>): Redact {
  const known = [...new Set([...secrets].flatMap(writings))]
    .filter((one) => one.length >= LEAST)
    .toSorted((a, b) => b.length - a.length);
  return (text) => looksSecret(known.reduce((left, secret) => left.replaceAll(secret, HIDDEN), text));
}

/** Does a key of a configuration hold a secret itself? The name of a file that holds one is none. */
export function isSecretKey(key: string): boolean {
  return /^(user(name)?|key)$/i.test(key) || (KEY.test(key) && !/files?$/i.test(key));
}

/** An address without what may be secret in it: user, password, query, and the path of a camera, where some take their password. */
export function shownAddress(scheme: string, rest: string): string {
  const [, authority = '', after = ''] = /^([^/?#]*)(.*)$/s.exec(rest) ?? [];
  const at = authority.lastIndexOf('@');
  const host = at === -1 ? authority : `${HIDDEN}@${authority.slice(at + 1)}`;
  const path = /^rtsp/i.test(scheme) && after.length > 1 ? `/${HIDDEN}` : after.replace(/[?#].*$/s, `?${HIDDEN}`);
  return `${scheme}://${host}${path}`;
}

function looksSecret(text: string): string {
  return text
    .replaceAll(PRIVATE_KEY, HIDDEN)
    .replaceAll(CLAIM, HIDDEN)
    .replaceAll(SCHEME, `$1 ${HIDDEN}`)
    .replaceAll(ADDRESS, (_all, scheme: string, rest: string) => shownAddress(scheme, rest))
    .replaceAll(PAIR, (all, key: string) =>
      /files?(\\?["'])?\s*[:=]\s*$/i.test(key) ? all : `${key}${hiddenAfter(key)}`,
    )
    .replaceAll(RANDOM, (all, digest: string | undefined) => (digest !== undefined || !isRandom(all) ? all : HIDDEN));
}

/** JSON stays JSON, also where the value was a number. */
function hiddenAfter(key: string): string {
  if (key.includes('\\"')) return `\\"${HIDDEN}\\"`;
  return key.includes('"') ? `"${HIDDEN}"` : HIDDEN;
}

/** Names have letters of one size, or are cut into short parts; paths may have both. */
function isRandom(text: string): boolean {
  if (/^[0-9a-f]+$/i.test(text)) return true;
  const isMixed = /[a-z]/.test(text) && /[A-Z]/.test(text);
  return isMixed && (!text.includes('/') || /\d/.test(text));
}

/** A secret as it may stand in a text: itself, each long line of it, in an address, in JSON, in base64. */
function writings(secret: string): string[] {
  const whole = secret.trim();
  const lines = whole.split(/\r?\n/).map((line) => line.trim());
  const long = lines.length > 1 ? lines.filter((line) => line.length >= 16 && !line.startsWith('-----')) : [];
  const encoded = [encodeURIComponent(whole), JSON.stringify(whole).slice(1, -1)];
  return [
    whole,
    ...long,
    ...encoded,
    ...['base64', 'base64url', 'hex'].map((form) => Buffer.from(whole).toString(form as 'hex')),
  ];
}
