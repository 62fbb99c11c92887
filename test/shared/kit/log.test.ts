import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { expect, test } from 'vitest';

/** Runs a program that logs; its two outputs are what it wrote. */
function logged(program: string, ...args: string[]) {
  const built = path.resolve(import.meta.dirname, '../../../dist/shared/kit/log.js');
  const text = `import { createLogger } from ${JSON.stringify(built)};\nconst log = createLogger('box'${args.map((a) => `, '${a}'`).join('')});\n${program}`;
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', text], { encoding: 'utf8' });
  return {
    stdout,
    lines: stderr
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Record<string, unknown>),
  };
}

test('JSON lines on stderr, with name, time and level; nothing on stdout', () => {
  const { stdout, lines } = logged(
    "log.info({ n: 1 }, 'hello'); log.debug('not this'); log.error({ err: new Error('bad') }, 'failed');",
  );
  expect(stdout).toBe('');
  expect(lines).toMatchObject([
    { name: 'box', level: 30, n: 1, msg: 'hello', time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/) },
    { name: 'box', level: 50, msg: 'failed', err: { message: 'bad' } },
  ]);
  expect(lines[0]).not.toHaveProperty('pid');
});

test('the level is what was asked for', () => {
  const script = "for (const level of ['debug', 'info', 'warn', 'error']) log[level](level);";
  expect(logged(script, 'debug').lines.map((l) => l.msg)).toEqual(['debug', 'info', 'warn', 'error']);
  expect(logged(script, 'warn').lines.map((l) => l.msg)).toEqual(['warn', 'error']);
  expect(logged(script, 'silent').lines).toEqual([]);
});

test('secrets are blanked by their names, one level down too', () => {
  const secrets = { password: 's3cret', token: 's3cret', authorization: 's3cret', secret: 's3cret', cookie: 's3cret' };
  const { lines } = logged(`log.info(${JSON.stringify({ ...secrets, headers: secrets, user: 'me' })}, 'x');`);
  expect(JSON.stringify(lines)).not.toContain('s3cret');
  expect(lines[0]).toMatchObject({ user: 'me', token: '[hidden]', headers: { authorization: '[hidden]' } });
});
