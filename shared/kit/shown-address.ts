/**
 * Addresses as others may see them. Cameras take passwords in so many ways (before the host, in the path, after `pw=`, `;` or `#`) that
 * only scheme, host and port are shown, and an ellipsis for the rest.
 */

// A stranger chooses these texts: no pattern may take more than linear time, so a scheme has a length.
const ADDRESS = /([a-z][a-z0-9+.-]{0,31}:\/\/)(\S*)/gi;
const WHOLE = /^([a-z][a-z0-9+.-]{0,31}:\/\/)(.*)$/is;
/** Signs of the sentence that an address stands in. */
const PUNCTUATION = ':,;.)]';

/** A text with every address in it as others may see it. An address ends with the next space. */
export function withShownAddresses(text: string): string {
  return text.replaceAll(ADDRESS, (_all, scheme: string, rest: string) => {
    let end = rest.length;
    while (end > 0 && PUNCTUATION.includes(rest[end - 1] ?? '')) end--;
    return `${scheme}${shown(rest.slice(0, end))}${rest.slice(end)}`;
  });
}

/** The same of a value that is one address, or none; it may hold what an address may not. */
export function shownAddress(value: string): string {
  const [, scheme, rest] = WHOLE.exec(value) ?? [];
  return scheme === undefined || rest === undefined ? withShownAddresses(value) : `${scheme}${shown(rest)}`;
}

/** What follows the scheme. A password may hold any sign: everything up to the last "@" goes where a ":" comes before it. */
function shown(rest: string): string {
  const from = /^(?:[^:]*:.*|[^/?#]*)@/s.exec(rest)?.[0].length ?? 0;
  const [, host = '', tail = ''] = /^([^/?#;&\s]*)(.*)$/s.exec(rest.slice(from)) ?? [];
  return `${host}${tail === '' || tail === '/' ? tail : '/…'}`;
}
