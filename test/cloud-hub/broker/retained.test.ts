import { expect, test } from 'vitest';
import { RetainedMessages } from '../../../cloud-hub/broker/retained.ts';
import { ownDownFilter, topicOf } from '../../../shared/contract/channels.ts';

const packet = (topic: string, payload: string) => ({
  cmd: 'publish' as const,
  topic,
  payload: Buffer.from(payload),
  qos: 1 as const,
  retain: true,
  dup: false,
});

test('a device finds its own, by topic and by filter, and the last of each', () => {
  const retained = new RetainedMessages();
  retained.store(packet(topicOf('a', 'desired'), 'old'));
  retained.store(packet(topicOf('a', 'desired'), 'new'));
  retained.store(packet(topicOf('b', 'desired'), 'of b'));
  const found = (filter: string) => retained.matching(filter).map((p) => p.payload.toString());
  expect(found(ownDownFilter('a'))).toEqual(['new']);
  expect(found(topicOf('a', 'desired'))).toEqual(['new']);
  expect(found(topicOf('a', 'verdict'))).toEqual([]);
  expect(found(ownDownFilter('c'))).toEqual([]);
  expect(found('#')).toEqual([]);
  retained.store(packet(topicOf('a', 'desired'), ''));
  expect(found(ownDownFilter('a'))).toEqual([]);
  expect(found(ownDownFilter('b'))).toEqual(['of b']);
});

test('what devices publish is not kept: only the hub hears it', () => {
  const retained = new RetainedMessages();
  retained.store(packet(topicOf('a', 'status'), 'online'));
  expect(retained.matching(topicOf('a', 'status'))).toEqual([]);
});
