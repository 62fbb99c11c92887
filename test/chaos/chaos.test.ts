import { expect, test } from 'vitest';
import { hasMosquitto, withoutMosquitto } from '../support/mosquitto.ts';
import { hasPostgres, withoutPostgres } from '../support/postgres.ts';
import { runProgram } from '../support/program.ts';

const BROKERS = [
  { broker: 'embedded', skip: false, why: '' },
  { broker: 'mosquitto', skip: !hasMosquitto, why: withoutMosquitto },
];

for (const { broker, skip, why } of BROKERS) {
  test.skipIf(skip)(
    `half a minute of chaos with the broker ${broker} loses and doubles nothing${why}`,
    {
      timeout: 300_000,
    },
    async () => {
      const args = ['--minutes', '0.5', '--seed', '4', '--agents', '2', '--broker', broker];
      const { code, stdout, stderr } = await runProgram('test/chaos/main.js', args);
      expect(stdout, stderr).toMatch(/\nclean\n$/);
      expect(code).toBe(0);
      expect(stdout).toMatch(/ [1-9]\d* events asked about, [1-9]\d* amended, by [1-9]\d* second opinions; 0 wrong/);
      expect(stdout).toMatch(/0 lost, 0 doubled, 0 foreign, 0 out of order, 0 unexplained gaps/);
    },
  );
}

test.skipIf(!hasPostgres || !hasMosquitto)(
  `so it is where a hub stands by, and PostgreSQL is killed too${withoutPostgres}${withoutMosquitto}`,
  { timeout: 300_000 },
  async () => {
    const args = ['--minutes', '0.6', '--seed', '1', '--agents', '2', '--hubs', '2', '--database', 'postgres'];
    const { code, stdout, stderr } = await runProgram('test/chaos/main.js', args);
    expect(stdout, stderr).toMatch(/\nclean\n$/);
    expect(code).toBe(0);
    expect(stdout).toMatch(/[1-9]\d* standby/);
    expect(stdout).toMatch(/[1-9]\d* database/);
    expect(stdout).toMatch(/another hub worked \d/);
  },
);

for (const subject of ['mqttjs', 'bridge']) {
  test.skipIf(!hasMosquitto)(
    `the same plan makes ${subject} lose${withoutMosquitto}`,
    { timeout: 120_000 },
    async () => {
      const { code, stdout } = await runProgram('test/chaos/main.js', [
        '--minutes',
        '0.5',
        '--seed',
        '4',
        '--subject',
        subject,
      ]);
      expect(code).toBe(0);
      expect(Number(/: (\d+) lost/.exec(stdout)?.[1])).toBeGreaterThan(0);
    },
  );
}

test('wrong use is refused with what is possible', async () => {
  const { code, stderr } = await runProgram('test/chaos/main.js', ['--broker', 'rabbit']);
  expect(code).toBe(2);
  expect(stderr).toContain('embedded, mosquitto');
});
