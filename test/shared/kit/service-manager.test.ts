import path from 'node:path';
import { expect, test } from 'vitest';
import { serviceManager, type Tell } from '../../../shared/kit/service-manager.ts';
import { keptLog } from '../../support/kept-log.ts';
import { listenTo } from '../../support/local-socket.ts';
import { tempFolder } from '../../support/temp.ts';
import { until } from '../../support/until.ts';

/** A systemd that takes its time: each message is answered by hand. */
function slowSystemd() {
  const told: string[][] = [];
  const answers: ((error?: Error) => void)[] = [];
  const tell: Tell = (assignments) =>
    new Promise((resolve, reject) => {
      told.push([...assignments]);
      answers.push((error) => (error ? reject(error) : resolve()));
    });
  return { told, tell, answer: (error?: Error) => answers.shift()?.(error) };
}

const env = { NOTIFY_SOCKET: '/run/systemd/notify', WATCHDOG_USEC: '30000000', WATCHDOG_PID: '7' };

test('what is said while systemd is being told goes with the next message, the newest status alone', async () => {
  const { told, tell, answer } = slowSystemd();
  const manager = serviceManager(env, 7, keptLog().log, tell);
  manager.ready('1 of 2\nstreams');
  manager.status('old');
  manager.progress();
  manager.progress();
  manager.status('new');
  expect(told).toEqual([['READY=1', 'STATUS=1 of 2 streams']]);
  answer();
  await until(() => told.length === 2, 'the second message');
  answer();
  expect(told[1]?.toSorted()).toEqual(['STATUS=new', 'WATCHDOG=1']);
});

test('a systemd that cannot be told is complained of once, and told again', async () => {
  const { told, tell, answer } = slowSystemd();
  const kept = keptLog();
  const manager = serviceManager(env, 7, kept.log, tell);
  for (let i = 1; i <= 3; i++) {
    manager.progress();
    await until(() => told.length === i, `message ${i}`);
    answer(new Error('no such file'));
    await new Promise(setImmediate);
  }
  expect(kept.lines.filter(({ msg }) => String(msg).includes('systemd cannot be told'))).toHaveLength(1);
});

test('what systemd did not take is said with the next message, unless there is something newer', async () => {
  const { told, tell, answer } = slowSystemd();
  const manager = serviceManager(env, 7, keptLog().log, tell);
  manager.ready('old');
  answer(new Error('busy'));
  await new Promise(setImmediate);
  expect(told).toHaveLength(1);
  manager.status('new');
  await until(() => told.length === 2, 'the second message');
  expect(told[1]?.toSorted()).toEqual(['READY=1', 'STATUS=new']);
});

test('the datagram is the one of sd_notify, from this process itself', async () => {
  const socket = path.join(tempFolder(), 'notify');
  const received = listenTo(socket);
  const manager = serviceManager({ NOTIFY_SOCKET: socket }, 7, keptLog().log);
  manager.ready('1 of 1');
  const found: string[] = [];
  await until(() => found.push(...received().map(String)) > 0, 'the datagram');
  expect(found).toEqual(['READY=1\nSTATUS=1 of 1']);
});

test.for([
  [env, 7, 30_000],
  [env, 8, undefined],
  [{ NOTIFY_SOCKET: '@x', WATCHDOG_USEC: '1500' }, 8, 1.5],
  [{ NOTIFY_SOCKET: '@x', WATCHDOG_USEC: 'soon' }, 8, undefined],
  [{ WATCHDOG_USEC: '30000000' }, 8, undefined],
] as const)('the watchdog is that of this process and this socket', ([given, pid, ms]) => {
  const { told, tell } = slowSystemd();
  const manager = serviceManager(given, pid, keptLog().log, tell);
  expect(manager.watchdogMs).toBe(ms);
  manager.progress();
  expect(told).toHaveLength('NOTIFY_SOCKET' in given ? 1 : 0);
});
