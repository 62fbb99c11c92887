/** Topics and filters of MQTT (3.1.1, section 4.7). Pure. */

export function topicMatches(filter: string, topic: string): boolean {
  const wanted = filter.split('/');
  const levels = topic.split('/');
  for (const [index, level] of wanted.entries()) {
    if (level === '#') return !(index === 0 && topic.startsWith('$'));
    if (index >= levels.length) return false;
    if (level === '+' ? index === 0 && topic.startsWith('$') : level !== levels[index]) return false;
  }
  return wanted.length === levels.length;
}

/** Can topics of several names match it? */
export function isPattern(filter: string): boolean {
  return /(^|\/)(\+|#)(\/|$)/.test(filter);
}
