import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Copies } from '../../../cloud-hub/ingest/copies.ts';
import { encode } from '../../../shared/contract/codec.ts';
import { keptLog } from '../../support/kept-log.ts';
import { ManualClock } from '../../support/manual-clock.ts';
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

/** What is told, without a hub around it. */
function told() {
  const clock = new ManualClock();
  const { log, lines } = keptLog();
  const notices: string[] = [];
  const copies = new Copies({ send: (device) => void notices.push(device), clock, log });
  return { clock, copies, notices, forks: () => lines.filter(({ msg }) => msg.includes('older copy')).length };
}

test('as long as two boxes take turns it is told each minute, of each device by itself', async () => {
  const { clock, copies, notices } = told();
  for (let second = 0; second <= 180; second++) {
    for (const device of ['cam', 'yard']) copies.spoke(device, `${device}${second % 2}`);
    copies.spoke('calm', 'one');
    await clock.advance(1000);
  }
  // From the first return on, at 2 s, then 62 s and 122 s.
  expect(notices).toEqual(['cam', 'yard', 'cam', 'yard', 'cam', 'yard']);
});

test('whoever comes: a start that was among the last eight others and comes back is told, and no other', async () => {
  const boots = fc.array(fc.integer({ min: 0, max: 11 }), { minLength: 30, maxLength: 60, size: 'max' });
  await fc.assert(
    fc.asyncProperty(boots, async (spoken) => {
      const { clock, copies, notices } = told();
      let others: number[] = [];
      let now: number | undefined;
      let expected = 0;
      for (const boot of spoken) {
        copies.spoke('cam', `${boot}`);
        if (now !== undefined && now !== boot) {
          if (others.includes(boot)) expected++;
          others = [...others.filter((one) => one !== boot), now].slice(-8);
        }
        now = boot;
        expect(notices).toHaveLength(expected);
        await clock.skip(60_000);
      }
    }),
  );
});

test('a copy of the data folder is told once a minute, of each device by itself, and again later', async () => {
  const { clock, copies, forks } = told();
  const all = (ms: number) => {
    for (const device of ['cam', 'yard']) copies.forked(device, 'e1', 7);
    return clock.advance(ms);
  };
  await all(59_999);
  await all(1);
  expect(forks()).toBe(2);
  await all(30_000);
  expect(forks()).toBe(4);
  await all(30_000);
  await all(0);
  expect(forks()).toBe(6);
});
