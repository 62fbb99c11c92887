import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type ChannelName,
  channels,
  filterOfAll,
  mayPublish,
  maySubscribe,
  ownDownFilter,
  parseTopic,
  topicOf,
  type UpChannel,
} from '../../../shared/contract/channels.ts';

const names = Object.keys(channels) as ChannelName[];
const ups = names.filter((n): n is UpChannel => channels[n].direction === 'up');
const device = fc.stringMatching(/^[a-z0-9_-]{1,64}$/);
const channel = fc.constantFrom(...names);

describe('channels', () => {
  test('a topic parses back to what it was made of', () => {
    fc.assert(
      fc.property(device, channel, (id, name) => {
        expect(parseTopic(topicOf(id, name))).toEqual({ device: id, channel: name });
      }),
    );
  });

  test('the wire names are fixed', () => {
    expect(names.map((name) => topicOf('box-1', name))).toEqual([
      'vedette/v1/box-1/up/status',
      'vedette/v1/box-1/up/records',
      'vedette/v1/box-1/up/report',
      'vedette/v1/box-1/up/sample',
      'vedette/v1/box-1/up/log',
      'vedette/v1/box-1/up/preview',
      'vedette/v1/box-1/down/desired',
      'vedette/v1/box-1/down/ack',
      'vedette/v1/box-1/down/verdict',
      'vedette/v1/box-1/down/command',
    ]);
    expect(filterOfAll('records')).toBe('vedette/v1/+/up/records');
    expect(ownDownFilter('box-1')).toBe('vedette/v1/box-1/down/#');
  });

  test('anything else is not a topic', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('vedette', 'v1', 'box', 'up', 'down', 'ack', 'records', '+', '#', ''), {
          maxLength: 7,
        }),
        (words) => {
          const parsed = parseTopic(words.join('/'));
          expect(parsed === undefined || topicOf(parsed.device, parsed.channel) === words.join('/')).toBe(true);
        },
      ),
    );
    const wrong = [
      'vedette/v1/box/up/ack',
      'vedette/v1/box/down/records',
      'vedette/v1/BOX/up/records',
      'vedette/v1/+/up/records',
    ];
    wrong.push(
      'vedette/v1/box/up/__proto__',
      'vedette/v1/box/up/toString',
      'vedette/v1/box/up/records/',
      '/vedette/v1/box/up/records',
    );
    for (const topic of wrong) expect(parseTopic(topic)).toBeUndefined();
  });

  test('a device publishes only under its own up/, and subscribes only to its own down/', () => {
    fc.assert(
      fc.property(device, device, channel, (own, other, name) => {
        const topic = topicOf(other, name);
        const isUp = channels[name].direction === 'up';
        expect(mayPublish(own, topic)).toBe(own === other && isUp);
        expect(maySubscribe(own, topic)).toBe(own === other && !isUp);
        expect(maySubscribe(own, ownDownFilter(other))).toBe(own === other);
        expect(mayPublish(own, ownDownFilter(own))).toBe(false);
      }),
    );
    const filters = [
      '#',
      'vedette/#',
      'vedette/v1/#',
      'vedette/v1/+/down/#',
      'vedette/v1/box/#',
      'vedette/v1/box/up/#',
    ];
    for (const filter of [...filters, ...ups.map(filterOfAll), '$SYS/#'])
      expect(maySubscribe('box', filter)).toBe(false);
  });

  test('channel × direction: a topic is one only in the direction of its channel, a device may do only what that allows', () => {
    for (const name of names) {
      for (const direction of ['up', 'down', 'UP', '', '+'] as const) {
        const topic = `vedette/v1/box/${direction}/${name}`;
        const own = channels[name].direction === direction;
        expect(parseTopic(topic), topic).toEqual(own ? { device: 'box', channel: name } : undefined);
        expect([mayPublish('box', topic), maySubscribe('box', topic)], topic).toEqual([
          own && direction === 'up',
          own && direction === 'down',
        ]);
        expect([mayPublish('other', topic), maySubscribe('other', topic)], topic).toEqual([false, false]);
        for (const wrong of [
          `${topic}/`,
          `/${topic}`,
          `${topic}/x`,
          topic.replace('v1', 'v2'),
          topic.replace('vedette', 'x'),
          topic.replace('/box', ''),
        ])
          expect([parseTopic(wrong), mayPublish('box', wrong), maySubscribe('box', wrong)], wrong).toEqual([
            undefined,
            false,
            false,
          ]);
      }
    }
    for (const name of ups) expect(filterOfAll(name)).toBe(topicOf('+', name));
    for (const device of ['', 'BOX', 'a b', '+', '#', 'a'.repeat(65)])
      expect(parseTopic(topicOf(device, 'records'))).toBeUndefined();
    expect(parseTopic(topicOf('a'.repeat(64), 'records'))?.device).toHaveLength(64);
  });

  test('the largest payloads', () => {
    const KiB = 1024;
    expect(Object.fromEntries(names.map((name) => [name, channels[name].maxBytes / KiB]))).toEqual({
      status: 16,
      records: 4096,
      report: 1024,
      sample: 4096,
      log: 256,
      preview: 2048,
      desired: 4096,
      ack: 64,
      verdict: 1024,
      command: 64,
    });
  });

  test('only the preview may be lost, and only the state is retained', () => {
    expect(names.filter((name) => channels[name].qos === 0)).toEqual(['preview']);
    expect(names.filter((name) => channels[name].retain)).toEqual(['status', 'desired']);
  });
});
