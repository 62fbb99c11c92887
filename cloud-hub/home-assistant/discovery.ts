/**
 * What Home Assistant is told of a device: one discovery message (device-based discovery, since Home Assistant 2024.11) with an
 * entity for the device, each of its streams and each of their rules; and the states of these. Pure.
 */
import type { Device } from '../contract/device.ts';
import type { Topics } from './topics.ts';

/** A rule's binary sensor goes off so many seconds after the rule fired last. */
export const FIRED_S = 30;

/** Entities of one device: more are not told. Each takes about 300 bytes. */
export const MAX_ENTITIES = 500;

export interface About {
  /** Name of the hub. */
  readonly name: string;
  readonly version: string;
  /** Where people open the hub; absent: nobody knows. */
  readonly url?: string | undefined;
}

type Entity = Readonly<Record<string, unknown>> & { readonly platform: string; readonly unique_id: string };

/** The discovery message of a device. */
export function discoveryOf(device: Device, topics: Topics, { name, version, url }: About): Record<string, unknown> {
  const state = topics.state(device.id);
  const unique = (...parts: string[]) => ['vedette', name, device.id, ...parts].join('.');
  const whenOnline = {
    availability: [
      { topic: topics.hub },
      { topic: state, value_template: "{{ 'online' if value_json.online else 'offline' }}" },
    ],
    availability_mode: 'all',
  };
  const entities: [string, Entity][] = [
    [
      'online',
      {
        ...{ platform: 'binary_sensor', unique_id: unique('online'), name: 'Connection' },
        ...{ device_class: 'connectivity', entity_category: 'diagnostic', state_topic: state },
        value_template: "{{ 'ON' if value_json.online else 'OFF' }}",
        availability: [{ topic: topics.hub }],
      },
    ],
    [
      'picture',
      {
        ...{ platform: 'image', unique_id: unique('picture'), name: 'Last event' },
        ...{ image_topic: topics.picture(device.id), content_type: 'image/jpeg' },
        availability: [{ topic: topics.hub }],
      },
    ],
  ];
  if (device.version !== undefined) {
    // Without a command: the hub installs no agents, so Home Assistant shows no button that would do nothing.
    entities.push([
      'update',
      {
        ...{ platform: 'update', unique_id: unique('update'), name: 'Agent', title: 'Vedette agent' },
        ...{ device_class: 'firmware', entity_category: 'diagnostic', state_topic: state },
        value_template: '{{ value_json.version }}',
        ...{ latest_version_topic: state, latest_version_template: '{{ value_json.latest }}', ...whenOnline },
      },
    ]);
  }
  if (device.disk)
    entities.push([
      'disk',
      {
        ...{ platform: 'sensor', unique_id: unique('disk'), name: 'Free disk', device_class: 'data_size' },
        ...{ state_class: 'measurement', unit_of_measurement: 'MiB', entity_category: 'diagnostic' },
        ...{ state_topic: state, value_template: '{{ value_json.disk }}', ...whenOnline },
      },
    ]);
  for (const { id, rules } of device.streams) {
    const path = `value_json.streams['${id}']`;
    entities.push([
      `${id}.running`,
      {
        ...{ platform: 'binary_sensor', unique_id: unique(id, 'running'), name: `${id} running` },
        ...{ device_class: 'running', entity_category: 'diagnostic', state_topic: state },
        ...{ value_template: `{{ 'ON' if ${path}.state == 'running' else 'OFF' }}`, ...whenOnline },
      },
    ]);
    entities.push([
      `${id}.fps`,
      {
        ...{ platform: 'sensor', unique_id: unique(id, 'fps'), name: `${id} frames per second` },
        ...{ state_class: 'measurement', unit_of_measurement: 'fps', entity_category: 'diagnostic' },
        ...{ suggested_display_precision: 1, state_topic: state, value_template: `{{ ${path}.fps }}`, ...whenOnline },
      },
    ]);
    for (const rule of rules) {
      // A rule may have the name of an entity of the stream.
      const own = isOfStream(rule.name) ? [rule.name, 'fired'] : [rule.name];
      entities.push([
        [id, ...own].join('.'),
        {
          ...{ platform: 'binary_sensor', unique_id: unique(id, ...own), name: `${id} ${rule.name}` },
          ...{ state_topic: topics.fired(device.id, id, rule.name), off_delay: FIRED_S, ...whenOnline },
        },
      ]);
      entities.push([
        `${id}.${rule.name}.count`,
        {
          ...{ platform: 'sensor', unique_id: unique(id, rule.name, 'count'), name: `${id} ${rule.name} events` },
          ...{ state_class: 'total_increasing', state_topic: topics.counts(device.id) },
          ...{ value_template: `{{ value_json['${countKey(id, rule.name)}'] | default(0) }}` },
          availability: [{ topic: topics.hub }],
        },
      ]);
    }
  }
  return {
    device: {
      identifiers: [`vedette.${name}.${device.id}`],
      ...{ name: device.id, manufacturer: 'Vedette', model: 'edge device' },
      ...(device.version === undefined ? {} : { sw_version: device.version }),
      ...(url === undefined ? {} : { configuration_url: `${url}devices/${device.id}` }),
    },
    origin: { name: 'Vedette', sw_version: version },
    components: Object.fromEntries(entities.slice(0, MAX_ENTITIES)),
  };
}

const isOfStream = (name: string): boolean => name === 'running' || name === 'fps';

/** What `state` carries. An agent is as new as it can be when it has the version of its hub. */
export function stateOf(
  { online, version, disk, streams }: Device,
  about: Pick<About, 'version'>,
): Record<string, unknown> {
  const versions = version === undefined ? {} : { version, latest: about.version };
  return {
    online,
    ...versions,
    ...(disk ? { disk: disk.freeMb } : {}),
    streams: Object.fromEntries(streams.map(({ id, state, fps }) => [id, { state, fps }])),
  };
}

/** The key of a rule in `counts`. */
export function countKey(stream: string, rule: string): string {
  return `${stream}/${rule}`;
}
