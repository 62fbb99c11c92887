import { expect, test } from 'vitest';
import { encode } from '../../../shared/contract/codec.ts';
import { bench } from './bench.ts';

const host = { platform: 'linux', arch: 'x64', cpus: 2, memoryMb: 1000 };
const sent = {
  ...{ version: '2', config: 'c', process: { rssMb: 100, uptimeS: 5 }, streams: [] },
  outbox: { epoch: 'e1', waiting: 3, bytes: 1000, lastSeq: 9 },
};

test('a start that speaks again after another one is a second box: log and device are told, once a minute', async () => {
  const { send, warned, notices } = await bench();
  const greet = (boot: string) => send(encode({ online: true, boot }), 'status');
  const report = (boot: string, name: string) => send(encode({ ...sent, boot, host: { ...host, name } }), 'report');

  // An agent that is started again, and again, has a new id each time.
  for (const boot of ['one', 'one', 'two', 'three']) await greet(boot);
  expect([warned, notices]).toEqual([[], []]);

  await report('three', 'attic');
  await greet('four');
  await report('four', 'cellar');
  await greet('three');
  const message =
    'another client signs in as cam (host attic and cellar): each ends the connection of the other; give each box a device and a token of its own';
  expect(notices).toEqual([{ kind: 'notice', code: 'identity-shared', message }]);
  expect(warned).toEqual([{ device: 'cam', hosts: ['attic', 'cellar'], text: message }]);

  await greet('four');
  expect(notices).toHaveLength(1);
});

test('two starts that have not named their host are reported without one', async () => {
  const { send, warned } = await bench();
  for (const boot of ['one', 'two', 'one']) await send(encode({ online: true, boot }), 'status');
  expect(warned).toEqual([
    {
      device: 'cam',
      hosts: [],
      text: expect.stringMatching(/^another client signs in as cam: each ends the connection/),
    },
  ]);
});
