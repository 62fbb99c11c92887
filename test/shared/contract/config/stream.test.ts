/** What is read out of a configuration, and rules between the keys of a sensor's source. */
import { expect, test } from 'vitest';
import { onlineChannels, sensorStream } from '../../../../shared/contract/config/sensor.ts';
import { sensorSource } from '../../../../shared/contract/config/sensor-source.ts';
import { isOnline, namedLabels, streamConfig } from '../../../../shared/contract/config/stream.ts';
import { complaints } from './complaints.ts';

const camera = { source: { url: 'rtsp://cam/1' }, model: 'walker' };
const online = { kind: 'sensor', source: { url: 'pump.csv' }, detector: 'online' };

test('a camera names labels that no picture may show, and labels with a threshold; a sensor names none', () => {
  expect(namedLabels(streamConfig.parse(camera))).toEqual({ hidden: [], thresholds: [] });
  const config = { ...camera, privacy: { labels: ['person', 'car'] }, thresholds: { person: 0.6 } };
  expect(namedLabels(streamConfig.parse(config))).toEqual({ hidden: ['person', 'car'], thresholds: ['person'] });
  expect(namedLabels(streamConfig.parse(online))).toEqual({ hidden: [], thresholds: [] });
});

test('a stream is online by its detector, and then has no model', () => {
  expect(isOnline(streamConfig.parse(online))).toBe(true);
  expect(isOnline(streamConfig.parse({ kind: 'sensor', source: { url: 'pump.csv' }, model: 'wave' }))).toBe(false);
  expect(isOnline(streamConfig.parse(camera))).toBe(false);
  expect(complaints(sensorStream, { ...online, model: 'wave' })).toEqual([
    'model: must be left out: the detector "online" needs no model',
  ]);
  expect(complaints(sensorStream, { ...online, model: 'online' })).toEqual([]);
});

test('the channels of an online detector are those that `values` names, else one', () => {
  const channels = (source: object) => onlineChannels(sensorStream.parse({ ...online, source }));
  expect(channels({ url: 'pump.csv' })).toEqual(['value']);
  expect(channels({ url: 'pump.csv', values: {} })).toEqual(['value']);
  expect(channels({ url: 'pump.csv', values: { speed: 'a', heat: 'b' } })).toEqual(['speed', 'heat']);
});

const broker = { url: 'mqtt://h:1883' };

test.each([
  [{ url: 'a.csv', countS: 60, holdS: 60 }, ['holdS: is for values, `countS` for events']],
  [{ url: 'a.csv', holdS: 60 }, []],
  [
    { url: 'a.csv', timeFormat: 'yyyy-MM-dd', timeUnit: 's' },
    ['timeUnit: is for times that are numbers, `timeFormat` for texts'],
  ],
  [{ url: 'a.csv', timeZone: 'Europe/Berlin' }, []],
  [{ url: 'a.csv', timeZone: 'Europe/Nowhere' }, ['timeZone: is no time zone; write one as Europe/Berlin']],
  [{ ...broker }, ['topic: is needed with the address of a broker']],
  [{ ...broker, topic: 'a/b' }, []],
  [{ ...broker, values: { a: { topic: 'x' } } }, []],
  [{ ...broker, values: { a: { topic: 'x' }, b: { at: 'y' } } }, ['topic: is needed with the address of a broker']],
])('%j', (source, wanted) => expect(complaints(sensorSource, source)).toEqual(wanted));

test('what is counted has no values: no range, no sign for a missing one, no counter', () => {
  const given = (channel: object) => ({ ...broker, topic: 'a', countS: 60, values: { door: { at: 'x', ...channel } } });
  expect(complaints(sensorSource, given({}))).toEqual([]);
  expect(complaints(sensorSource, given({ counter: false }))).toEqual([]);
  for (const [key, value] of [
    ['range', [0, 1]],
    ['missing', [-1]],
    ['counter', true],
  ] as const)
    expect(complaints(sensorSource, given({ [key]: value }))).toContain(
      `values.door.${key}: is for values, \`countS\` for events`,
    );
});
