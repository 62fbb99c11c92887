import { spawnSync } from 'node:child_process';
import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { asError, datagramOf, entryOf, type Fields } from '../../../shared/kit/journal.ts';
import { listenTo } from '../../support/local-socket.ts';
import { tempFolder } from '../../support/temp.ts';

/** Reads a datagram as journald does (systemd.io/JOURNAL_NATIVE_PROTOCOL). */
function read(bytes: Buffer): Record<string, string> {
  const found: Record<string, string> = {};
  for (let at = 0; at < bytes.length; ) {
    const end = bytes.indexOf('\n', at);
    const line = bytes.toString('utf8', at, end);
    const equals = line.indexOf('=');
    if (equals >= 0) {
      found[line.slice(0, equals)] = line.slice(equals + 1);
      at = end + 1;
    } else {
      const length = Number(bytes.readBigUInt64LE(end + 1));
      found[line] = bytes.toString('utf8', end + 9, end + 9 + length);
      expect(bytes[end + 9 + length]).toBe(10);
      at = end + 10 + length;
    }
  }
  return found;
}

const sent = (line: Fields) => read(datagramOf(entryOf(line)));

/** Runs a program that logs, with its stderr in a file that it takes for the journal. @returns the entries and the file */
function logged(program: string, isListening = true) {
  const folder = tempFolder();
  const socket = path.join(folder, 'journal.sock');
  const received = isListening ? listenTo(socket) : () => [];
  const built = path.resolve(import.meta.dirname, '../../../dist/shared/kit/log.js');
  const text = `import { createLogger } from ${JSON.stringify(built)};
const log = createLogger('box', 'debug', { env: process.env, socket: ${JSON.stringify(socket)} });\n${program}`;
  const stderr = openSync(path.join(folder, 'stderr'), 'w');
  const { dev, ino } = fstatSync(stderr, { bigint: true });
  const env = { ...process.env, JOURNAL_STREAM: `${dev}:${ino}` };
  const { status, stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', text], {
    env,
    stdio: ['ignore', 'pipe', stderr],
    encoding: 'utf8',
  });
  closeSync(stderr);
  expect({ status, stdout }).toEqual({ status: 0, stdout: '' });
  return { entries: received().map(read), stderr: readFileSync(path.join(folder, 'stderr'), 'utf8') };
}

test('where stderr is the journal, each line is an entry with fields, also the last one before the end', () => {
  const { entries, stderr } = logged(
    `log.child({ device: 'gate-3' }).warn({ stream: 'yard', token: 's3cret' }, 'the camera is gone');
log.error({ err: Object.assign(new Error('no\\nroom'), { code: 'ENOSPC' }) }, 'cannot write');
log.debug('small'); process.exit(0);`,
  );
  expect(stderr).toBe('');
  expect(entries).toHaveLength(3);
  expect(entries[0]).toEqual({
    MESSAGE: 'the camera is gone stream=yard token=[hidden]',
    PRIORITY: '4',
    SYSLOG_IDENTIFIER: 'vedette-box',
    VEDETTE_COMPONENT: 'box',
    VEDETTE_DEVICE: 'gate-3',
    VEDETTE_STREAM: 'yard',
    VEDETTE_TOKEN: '[hidden]',
  });
  expect(entries[1]).toMatchObject({
    MESSAGE: 'cannot write err="no\\nroom"',
    PRIORITY: '3',
    VEDETTE_ERR: 'no\nroom',
    VEDETTE_CODE: 'ENOSPC',
    VEDETTE_STACK: expect.stringContaining('at '),
  });
  expect(entries[2]).toMatchObject({ MESSAGE: 'small', PRIORITY: '7' });
});

test('what the journal does not take is a line on stderr with its priority', () => {
  const nobody = logged("log.error({ n: 1 }, 'alone');", false);
  expect(nobody.stderr).toMatch(/^<3>\{.*"n":1,"msg":"alone"\}\n$/);
  const large = logged("log.info({ large: 'x'.repeat(2 ** 22) }, 'too large');");
  expect(large.stderr).toMatch(/^<6>\{/);
  expect(large.stderr.length).toBeGreaterThan(2 ** 22);
  expect(large.entries).toEqual([]);
});

test('no value can become another field, and no field is lost', () => {
  const value = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom('a\nPRIORITY=0\n', '\n', ''),
    fc.integer(),
    fc.object(),
  );
  fc.assert(
    fc.property(value, fc.constantFrom('stream', 'maxBytes', 'a-b', '__x', 'ü'), (said, key) => {
      const entry = sent({ level: 50, name: 'agent', msg: 'it', [key]: said });
      expect(entry.PRIORITY).toBe('3');
      const [field] = Object.keys(entry).filter((name) => /^VEDETTE_(?!COMPONENT)/.test(name));
      expect(field).toMatch(/^[A-Z][A-Z0-9_]{1,63}$/);
      const written = typeof said === 'string' ? said : JSON.stringify(said);
      expect(entry[field ?? '']).toBe(Buffer.from(written).toString());
      expect(Object.keys(entry)).toHaveLength(5);
    }),
  );
});

test('the component is the part that speaks, else the program', () => {
  const line = { level: 30, name: 'agent', msg: 'it' };
  const said = [sent(line), sent({ ...line, component: 'runner' })];
  expect(said.map((entry) => [entry.SYSLOG_IDENTIFIER, entry.VEDETTE_COMPONENT])).toEqual([
    ['vedette-agent', 'agent'],
    ['vedette-agent', 'runner'],
  ]);
});

test('without a journal nothing changes', () => {
  for (const env of [{}, { JOURNAL_STREAM: '' }, { JOURNAL_STREAM: '1:2' }])
    expect(asError('bad\n', env)).toBe('bad\n');
  const { dev, ino } = fstatSync(2, { bigint: true });
  expect(asError('bad\nworse\n', { JOURNAL_STREAM: `${dev}:${ino}` })).toBe('<3>bad\n<3>worse\n');
});

test('an error without a code or a stack has no field for it', () => {
  expect(sent({ err: { message: 'no' } })).not.toHaveProperty('VEDETTE_CODE');
  expect(sent({ err: { message: 'no' } })).not.toHaveProperty('VEDETTE_STACK');
  expect(sent({ err: { message: 'no', code: 'ENOENT', stack: 'Error: no\n  at a' } })).toMatchObject({
    VEDETTE_ERR: 'no',
    VEDETTE_CODE: 'ENOENT',
    VEDETTE_STACK: 'Error: no\n  at a',
  });
});
