/** When the last record came, per device, stream and kind; for rules that wait for something that does not come. */

export interface LastRecords {
  note(device: string, stream: string | undefined, kind: string, at: number): void;
  /** @param stream undefined: of any; likewise `kind`. Undefined: none came since the watch began */
  at(device: string, stream: string | undefined, kind: string | undefined): number | undefined;
  forget(device: string): void;
}

/** Streams of a device that are told apart; a device names at most 1,024. */
const MOST_KEYS = 4096;

export function createLastRecords(): LastRecords {
  const devices = new Map<string, Map<string, number>>();
  const keyOf = (stream = '', kind = '') => `${stream} ${kind}`;
  return {
    note(device, stream, kind, at) {
      const known = devices.get(device) ?? new Map<string, number>();
      devices.set(device, known);
      for (const key of [keyOf(), keyOf(undefined, kind), keyOf(stream), keyOf(stream, kind)])
        if (known.size < MOST_KEYS || known.has(key)) known.set(key, at);
    },
    at: (device, stream, kind) => devices.get(device)?.get(keyOf(stream, kind)),
    forget: (device) => void devices.delete(device),
  };
}
