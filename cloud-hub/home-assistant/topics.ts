/** Topics of the messages for Home Assistant. Pure. */

export interface Topics {
  /** Does the hub live? Retained, with a last will. */
  readonly hub: string;
  /** The discovery message of a device. */
  discovery(device: string): string;
  /** Whose discovery message is there. */
  deviceOf(topic: string): string | undefined;
  /** What a device and its streams are now, as JSON. */
  state(device: string): string;
  /** That a rule fired; `ON`, not retained. */
  fired(device: string, stream: string, rule: string): string;
  /** How often rules of a device have fired, as JSON. */
  counts(device: string): string;
  /** The picture of the last event of a device: a JPEG. */
  picture(device: string): string;
  /** Which device one of the kept topics above is of. */
  ownerOf(topic: string): string | undefined;
  /** Everything of ours that the broker may keep. */
  readonly kept: readonly string[];
}

/**
 * @param prefix where Home Assistant looks for discovery messages
 * @param name of this hub: two hubs at one broker have two
 */
export function topicsOf(prefix: string, name: string): Topics {
  const of = (device: string) => `vedette-home/${name}/${device}`;
  const head = `${prefix}/device/${name}/`;
  const tail = '/config';
  const own = `vedette-home/${name}/`;
  const deviceOf = (topic: string) =>
    topic.startsWith(head) && topic.endsWith(tail) ? topic.slice(head.length, -tail.length) : undefined;
  return {
    hub: `vedette-home/${name}/$hub`,
    discovery: (device) => `${head}${device}${tail}`,
    deviceOf,
    ownerOf(topic) {
      const [device, what, ...more] = topic.startsWith(own) ? topic.slice(own.length).split('/') : [];
      const isKept = more.length === 0 && (what === 'state' || what === 'counts' || what === 'picture');
      return isKept ? device : deviceOf(topic);
    },
    state: (device) => `${of(device)}/state`,
    fired: (device, stream, rule) => `${of(device)}/fired/${stream}/${rule}`,
    counts: (device) => `${of(device)}/counts`,
    picture: (device) => `${of(device)}/picture`,
    kept: [`${head}+${tail}`, `vedette-home/${name}/#`],
  };
}
