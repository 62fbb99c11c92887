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

test('several topics of a device are kept apart, and one that is taken away leaves the others', () => {
  const retained = new RetainedMessages();
  const found = (filter: string) => retained.matching(filter).map((p) => p.payload.toString());
  const original = packet(topicOf('a', 'verdict'), 'v');
  retained.store(packet(topicOf('a', 'desired'), 'd'));
  retained.store(original);
  original.topic = 'changed afterwards';
  expect(found(ownDownFilter('a'))).toEqual(['d', 'v']);
  expect(retained.matching(ownDownFilter('a'))[1]?.topic).toBe(topicOf('a', 'verdict'));
  retained.store(packet(topicOf('a', 'desired'), ''));
  retained.store(packet(topicOf('a', 'desired'), ''));
  expect(found(ownDownFilter('a'))).toEqual(['v']);
  expect(found(topicOf('a', 'desired'))).toEqual([]);
  expect(found('')).toEqual([]);
  expect(found(`${ownDownFilter('a')}/x`)).toEqual([]);
});

test('aedes reads them as streams, of one filter or of several', async () => {
  const persistence = new RetainedMessages().asPersistence();
  for (const device of ['a', 'b', 'c']) await persistence.storeRetained(packet(topicOf(device, 'desired'), device));
  const read = async (stream: NodeJS.ReadableStream) => {
    const payloads: string[] = [];
    for await (const item of stream) payloads.push((item as unknown as { payload: Buffer }).payload.toString());
    return payloads;
  };
  expect(await read(persistence.createRetainedStream(ownDownFilter('b')))).toEqual(['b']);
  const filters = [ownDownFilter('c'), topicOf('a', 'desired'), ownDownFilter('nobody')];
  expect(await read(persistence.createRetainedStreamCombi(filters))).toEqual(['c', 'a']);
});

test('a topic that is none of the table is not kept', () => {
  const retained = new RetainedMessages();
  retained.store(packet(`${topicOf('a', 'desired')}/x`, 'x'));
  expect(retained.matching(`${topicOf('a', 'desired')}/x`)).toEqual([]);
  expect(retained.matching(ownDownFilter('a'))).toEqual([]);
});

test('what devices publish is not kept: only the hub hears it', () => {
  const retained = new RetainedMessages();
  retained.store(packet(topicOf('a', 'status'), 'online'));
  expect(retained.matching(topicOf('a', 'status'))).toEqual([]);
});
