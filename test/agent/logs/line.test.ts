import { pino } from 'pino';
import { expect, it } from 'vitest';
import { shippedLine } from '../../../agent/logs/line.ts';
import { logLine, MAX_LOG_FIELDS_BYTES } from '../../../shared/contract/messages/log.ts';
import { createRedactor } from '../../../shared/doctor/bundle/redact.ts';
import type { Logger } from '../../../shared/kit/log.ts';

const redact = createRedactor(['hunter2-of-the-gate']);

/** What a real logger writes. */
function written(write: (log: Logger) => void): string[] {
  const lines: string[] = [];
  const options = { level: 'debug', base: { name: 'agent' }, timestamp: pino.stdTimeFunctions.isoTime };
  write(pino(options, { write: (line) => lines.push(line) }).child({ component: 'sync' }));
  return lines;
}

const shipped = (write: Parameters<typeof written>[0]) =>
  written(write).map((line) => logLine.parse({ n: 1, ...shippedLine(line, redact) }));

it('keeps level, component, message, time and fields of a line', () => {
  const lines = shipped((log) => {
    log.debug('one');
    log.info({ records: 3 }, 'two');
    log.warn('three');
    log.fatal('four');
  });
  expect(lines.map(({ level, message }) => [level, message])).toEqual([
    ['debug', 'one'],
    ['info', 'two'],
    ['warn', 'three'],
    ['error', 'four'],
  ]);
  expect(lines[1]).toMatchObject({ component: 'sync', fields: { records: 3 } });
  expect(lines[0]).not.toHaveProperty('fields');
  expect(Math.abs((lines[0]?.wall ?? 0) - Date.now())).toBeLessThan(60_000);
});

it('blanks known secrets, keys of secrets and addresses, in the message and at every depth of the fields', () => {
  const [line] = shipped((log) =>
    log.error(
      {
        camera: { login: { password: 'open sesame' }, url: 'rtsp://ann:pw@10.0.0.9/live?key=1' },
        list: [{ apiKey: 'k-123456' }],
        err: new Error('refused: hunter2-of-the-gate'),
        count: 7,
      },
      'token=abcdef for hunter2-of-the-gate',
    ),
  );
  const text = JSON.stringify(line);
  for (const secret of ['hunter2', 'open sesame', 'ann:pw', 'k-123456', 'abcdef']) expect(text).not.toContain(secret);
  expect(line?.fields).toMatchObject({ count: 7, camera: { url: 'rtsp://[hidden]@10.0.0.9/[hidden]' } });
});

it('cuts a long message and long fields', () => {
  const [line] = shipped((log) => log.warn({ dump: 'ä b '.repeat(5_000) }, 'x y '.repeat(2_000)));
  expect(line?.message.length).toBeLessThanOrEqual(2048);
  expect(Buffer.byteLength(JSON.stringify(line?.fields))).toBeLessThan(MAX_LOG_FIELDS_BYTES);
});

it('leaves out what is no line of a log', () => {
  for (const text of ['', 'not JSON', '[]', '"x"', '{"level":"info","time":"2026-01-01T00:00:00Z"}', '{"level":30}'])
    expect(shippedLine(text, redact)).toBeUndefined();
});
