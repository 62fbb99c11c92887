import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Device } from '../../../cloud-hub/contract/device.ts';
import { countKey, discoveryOf, MAX_ENTITIES, stateOf } from '../../../cloud-hub/home-assistant/discovery.ts';
import { platformsOf, withRemoved } from '../../../cloud-hub/home-assistant/removed.ts';
import { topicsOf } from '../../../cloud-hub/home-assistant/topics.ts';
import { discoveryTopic, documented } from './documented.ts';

const topics = topicsOf('homeassistant', 'vedette');
const about = { name: 'vedette', version: '1.2.3', url: 'https://hub.example/' };
const name = fc.stringMatching(/^[a-z0-9_-]{1,64}$/);
const stream = fc.record({
  id: name,
  state: fc.constantFrom('starting' as const, 'running' as const, 'stalled' as const),
  source: fc.string(),
  fps: fc.double({ min: 0, max: 240, noNaN: true }),
  rules: fc.uniqueArray(fc.record({ name, kind: fc.string() }), { maxLength: 4, selector: (rule) => rule.name }),
});
const device: fc.Arbitrary<Device> = fc.record(
  {
    id: name,
    online: fc.boolean(),
    version: fc.string({ minLength: 1 }),
    createdAt: fc.constant('2026-01-01T00:00:00.000Z'),
    streams: fc.uniqueArray(stream, { maxLength: 4, selector: ({ id }) => id }),
  },
  { requiredKeys: ['id', 'online', 'createdAt', 'streams'] },
);

test('every message is as Home Assistant documents it, and every entity has an id of its own', () => {
  fc.assert(
    fc.property(device, (one) => {
      const { components } = documented.parse(JSON.parse(JSON.stringify(discoveryOf(one, topics, about))));
      const ids = Object.values(components).flatMap((entity) => ('unique_id' in entity ? [entity.unique_id] : []));
      expect(new Set(ids).size).toBe(Object.keys(components).length);
      expect(ids).toHaveLength(
        2 + (one.version === undefined ? 0 : 1) + one.streams.reduce((sum, { rules }) => sum + 2 + 2 * rules.length, 0),
      );
      expect(topics.discovery(one.id)).toMatch(discoveryTopic);
      expect(topics.deviceOf(topics.discovery(one.id))).toBe(one.id);
    }),
  );
});

test('templates name what the state and the counts have', () => {
  const one: Device = {
    ...{ id: 'cam', online: true, createdAt: '2026-01-01T00:00:00.000Z' },
    streams: [{ id: 'my-door', state: 'running', source: 'x', fps: 12.5, rules: [{ name: 'enter', kind: 'zone' }] }],
  };
  const { components } = documented.parse(discoveryOf(one, topics, about));
  const template = (key: string) => Object(components[key]).value_template as string;
  // A name may have a "-", which a path of Jinja may not.
  expect(template('my-door.fps')).toBe("{{ value_json.streams['my-door'].fps }}");
  expect(stateOf({ ...one, version: '1.0.0' }, about)).toMatchObject({ version: '1.0.0', latest: '1.2.3' });
  expect(stateOf(one, about)).toEqual({ online: true, streams: { 'my-door': { state: 'running', fps: 12.5 } } });
  expect(template('my-door.enter.count')).toContain(`value_json['${countKey('my-door', 'enter')}']`);
});

test('a rule that is named as an entity of the stream takes nothing from it', () => {
  const rules = ['running', 'fps', 'enter'].map((rule) => ({ name: rule, kind: 'zone' }));
  const one: Device = {
    ...{ id: 'cam', online: true, createdAt: '2026-01-01T00:00:00.000Z' },
    streams: [{ id: 'door', state: 'running', source: 'x', fps: 5, rules }],
  };
  const { components } = documented.parse(discoveryOf(one, topics, about));
  expect(components['door.fps']).toMatchObject({ platform: 'sensor' });
  expect(components['door.running']).toMatchObject({ device_class: 'running' });
  expect(components['door.fps.fired']).toMatchObject({ state_topic: topics.fired('cam', 'door', 'fps') });
  const ids = Object.values(components).map((entity) => ('unique_id' in entity ? entity.unique_id : ''));
  expect(new Set(ids).size).toBe(2 + 2 + 2 * rules.length);
});

test('a device with very many rules is told of up to a bound', () => {
  const rules = Array.from({ length: 256 }, (_, n) => ({ name: `r${n}`, kind: 'zone' }));
  const streams = Array.from({ length: 8 }, (_, n) => ({
    id: `s${n}`,
    state: 'running' as const,
    source: '',
    fps: 1,
    rules,
  }));
  const one = { id: 'cam', online: true, createdAt: '2026-01-01T00:00:00.000Z', streams };
  const { components } = documented.parse(discoveryOf(one, topics, about));
  expect(Object.keys(components)).toHaveLength(MAX_ENTITIES);
});

test('entities that are gone are removed by a message that is documented too, and by nothing when none is', () => {
  fc.assert(
    fc.property(device, device, (before, now) => {
      const [old, payload] = [before, now].map((one) => JSON.stringify(discoveryOf(one, topics, about)));
      if (old === undefined || payload === undefined) return;
      const gone = withRemoved(payload, platformsOf(old), platformsOf(payload));
      const left = [...platformsOf(old).keys()].filter((key) => !platformsOf(payload).has(key));
      if (left.length === 0) {
        expect(gone).toBeUndefined();
        return;
      }
      const { components } = documented.parse(JSON.parse(gone ?? ''));
      for (const key of left) expect(components[key]).toEqual({ platform: platformsOf(old).get(key) });
      for (const key of platformsOf(payload).keys()) expect(components[key]).toHaveProperty('unique_id');
    }),
  );
  expect(withRemoved('', new Map([['a', 'sensor']]), new Map())).toBeUndefined();
  expect([platformsOf('no JSON').size, platformsOf('{}').size]).toEqual([0, 0]);
});

test('what is free on the disk is told of a device that says so', () => {
  const one: Device = {
    ...{ id: 'cam', online: true, createdAt: '2026-01-01T00:00:00.000Z', streams: [] },
    disk: { freeMb: 900, totalMb: 29_000 },
  };
  const { components } = documented.parse(discoveryOf(one, topics, about));
  expect(components.disk).toMatchObject({ device_class: 'data_size', unit_of_measurement: 'MiB' });
  expect(stateOf(one, about)).toMatchObject({ disk: 900 });
});
