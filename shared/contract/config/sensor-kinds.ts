/** Every kind of source of a sensor: the form of its address, and which keys are for it alone. To add one: an entry here, and its opener. */

export const sensorKinds = {
  file: {
    form: 'a file',
    pattern: /^(?![a-z][a-z0-9+.-]+:)/i,
    takes: ['format', 'rows', 'time', 'timeUnit', 'timeFormat', 'timeZone', 'holdS', 'countS', 'loop', 'follow'],
    ofChannel: ['at'],
  },
  broker: {
    form: 'mqtt(s):// or ws(s)://',
    pattern: /^(mqtts?|wss?):\/\/\S+$/i,
    secure: /^(mqtts|wss):/i,
    takes: [
      ...['topic', 'username', 'passwordFile', 'caFile', 'certFile', 'keyFile', 'version'],
      ...['rows', 'time', 'timeUnit', 'timeFormat', 'timeZone', 'holdS', 'countS'],
    ],
    ofChannel: ['at', 'topic'],
  },
  http: {
    form: 'http(s)://',
    pattern: /^https?:\/\/\S+$/i,
    secure: /^https:/i,
    takes: [
      ...['everyS', 'username', 'passwordFile', 'caFile', 'certFile', 'keyFile'],
      ...['rows', 'time', 'timeUnit', 'timeFormat', 'timeZone', 'holdS', 'countS'],
    ],
    ofChannel: ['at'],
  },
  serial: {
    form: 'serial:/dev/NAME',
    pattern: /^serial:\/dev\/(?!\.)(?:[\w:@+-][\w.:@+-]*\/)*[\w:@+-][\w.:@+-]*$/i,
    takes: ['baudRate', 'parity', 'columns', 'rows', 'time', 'timeUnit', 'timeFormat', 'timeZone', 'holdS', 'countS'],
    ofChannel: ['at'],
  },
  modbus: {
    form: 'modbus://HOST',
    pattern: /^modbus:\/\/\S+$/i,
    takes: ['everyS', 'unit'],
    ofChannel: ['register', 'table', 'type', 'words', 'scale', 'offset'],
  },
  opcua: {
    form: 'opc.tcp://HOST:PORT',
    pattern: /^opc\.tcp:\/\/\S+$/i,
    takes: ['everyS', 'username', 'passwordFile', 'security', 'caFile', 'certFile', 'keyFile'],
    ofChannel: ['at'],
  },
} as const satisfies Record<string, SensorKindEntry>;

export interface SensorKindEntry {
  /** As users read it. */
  readonly form: string;
  readonly pattern: RegExp;
  /** Addresses for which `caFile` and a certificate of our own have a meaning. */
  readonly secure?: RegExp;
  readonly takes: readonly string[];
  /** Keys of a channel, beside those of every kind. */
  readonly ofChannel: readonly string[];
}

export type SensorKind = keyof typeof sensorKinds;

const names = Object.keys(sensorKinds) as SensorKind[];

/** Of which kind an address is; undefined when there is none like it. */
export function sensorKindOf(url: string): SensorKind | undefined {
  return names.find((name) => sensorKinds[name].pattern.test(url));
}

/** The forms of the kinds that take a key, for an error text. */
export function formsThatTake(key: string, list: 'takes' | 'ofChannel'): string {
  const forms = names.filter((name) => (sensorKinds[name][list] as readonly string[]).includes(key));
  return forms.map((name) => sensorKinds[name].form).join(', ');
}

export const allForms = names.map((name) => sensorKinds[name].form).join(', ');
