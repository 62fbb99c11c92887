/** Series as plants have them, in a real agent without a hub: files of loggers and spreadsheets, error codes, a broker with an authority of its own. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { connect } from 'mqtt';
import { describe, expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { freePort } from '../support/free-port.ts';
import { createMosquitto, hasMosquitto, withoutMosquitto } from '../support/mosquitto.ts';
import { plantCertificates } from '../support/plant-certificates.ts';
import { runProgram, startProgram } from '../support/program.ts';
import { seeded } from '../support/random.ts';
import { tempFolder } from '../support/temp.ts';
import { until as untilWithin } from '../support/until.ts';

/** A box that does much else starts an agent slowly. */
const PATIENCE_MS = 60_000;
const until: typeof untilWithin = (check, what) => untilWithin(check, what, PATIENCE_MS);

const listed = z.object({
  items: z.array(
    z.object({
      id: z.string(),
      state: z.string(),
      frames: z.object({ decoded: z.number(), inferred: z.number(), failed: z.number() }),
      lastError: z.object({ code: z.string(), message: z.string() }).nullish(),
    }),
  ),
});
const logged = z.looseObject({ stream: z.string().optional(), code: z.string().optional(), msg: z.string() });

/** A real agent with these streams of the online detector. */
async function agentWith(folder: string, sources: Readonly<Record<string, object>>) {
  const port = await freePort();
  const rules = [{ kind: 'anomaly', name: 'odd', frames: 1 }];
  const streams = Object.fromEntries(
    Object.entries(sources).map(([id, source]) => [
      id,
      { kind: 'sensor', detector: 'online', source, rules, summaryS: 1 },
    ]),
  );
  const file = path.join(folder, 'agent.yaml');
  writeFileSync(file, JSON.stringify({ device: 'box', runners: { count: 1 }, api: { port }, streams }));
  const agent = startProgram('agent/main.js', ['run', '-c', file]);
  const list = async () => {
    const answer = await fetch(`http://127.0.0.1:${port}/api/v1/streams`).catch(() => undefined);
    return answer?.ok ? listed.parse(await answer.json()).items : [];
  };
  return {
    stream: async (id: string) => (await list()).find((one) => one.id === id),
    log: () =>
      agent
        .stderr()
        .split('\n')
        .filter((text) => text.startsWith('{'))
        .map((text) => logged.parse(JSON.parse(text))),
  };
}

const START = Date.UTC(2024, 2, 31, 6);
const ROWS = 800;

describe('files', () => {
  test('times in every unit, spreadsheets, paths and lists are read; an error code is told and is no value, a wild value is an anomaly', {
    timeout: 240_000,
  }, async () => {
    const folder = tempFolder();
    const random = seeded(1);
    const values = Array.from({ length: ROWS }, () => 20 + 0.3 * random());
    const write = (name: string, header: string, row: (ms: number, value: number, i: number) => string) => {
      const rows = values.map((value, i) => row(START + 60_000 * i, value, i));
      writeFileSync(path.join(folder, name), `${header}${rows.join('\n')}\n`);
    };
    const csv = 'timestamp,value\n';
    const iso = (ms: number) => new Date(ms).toISOString();
    const german = (ms: number) =>
      `${iso(ms).slice(8, 10)}.${iso(ms).slice(5, 7)}.${iso(ms).slice(0, 4)} ${iso(ms).slice(11, 16)}`;
    write('ns.csv', csv, (ms, value) => `${ms}000000,${value}`);
    write('us.csv', csv, (ms, value) => `${ms}000,${value}`);
    write('boot.csv', csv, (ms, value) => `${(ms - START) / 100},${value}`);
    write(
      'eu.csv',
      '\uFEFFZeit;Temperatur\r\n',
      (ms, value) => `${german(ms)};${value.toFixed(2).replace('.', ',')}\r`,
    );
    write('keys.jsonl', '', (ms, value) =>
      JSON.stringify({ timestamp: ms, air: { 'PM2.5': value }, list: [1, value] }),
    );
    write('lists.jsonl', '', (ms, value) =>
      JSON.stringify([
        { timestamp: ms, value },
        { timestamp: ms + 30_000, value },
      ]),
    );
    write('code.csv', csv, (ms, value, i) => `${iso(ms)},${i === 700 ? -127 : value}`);
    write('wild.csv', csv, (ms, value, i) => `${iso(ms)},${i === 700 ? 3.4028235e38 : value}`);
    const file = (name: string, more: object = {}) => ({ url: `./${name}`, pace: 'fast', ...more });
    const good = {
      ns: file('ns.csv'),
      us: file('us.csv'),
      boot: file('boot.csv', { timeUnit: 'ms' }),
      eu: file('eu.csv', { time: 'Zeit', values: { value: 'Temperatur' } }),
      brackets: file('keys.jsonl', { values: { value: "$['air']['PM2.5']" } }),
      index: file('keys.jsonl', { values: { value: '$.list[-1]' } }),
      lists: file('lists.jsonl'),
    };
    const agent = await agentWith(folder, {
      ...good,
      code: file('code.csv', { values: { value: { missing: [-127] } } }),
      wild: file('wild.csv'),
    });
    const isRead = (id: string, rows: number) => async () => {
      const stream = await agent.stream(id);
      return stream?.state === 'ended' && stream.frames.inferred === rows;
    };
    for (const id of Object.keys(good)) {
      await until(isRead(id, id === 'lists' ? 2 * ROWS : ROWS), `all rows of ${id}`);
      const stream = await agent.stream(id);
      expect([id, stream?.frames.failed, stream?.lastError ?? null]).toEqual([id, 0, null]);
    }
    await until(isRead('code', ROWS - 1), 'all other rows');
    await until(isRead('wild', ROWS), 'all rows');
    const ofCode = agent.log().filter(({ stream, code }) => stream === 'code' && code !== undefined);
    expect(ofCode).toMatchObject([
      { code: 'sensor-row', msg: expect.stringMatching(/line 702: "value" is -127, which stands for no value/) },
    ]);
    for (const id of ['code', 'wild']) expect((await agent.stream(id))?.frames.failed).toBe(0);
    expect(agent.log().filter(({ code }) => code === 'model-failed')).toEqual([]);
    const said = await runProgram('agent/main.js', ['infer', '--online', '--source', path.join(folder, 'wild.csv')]);
    expect(said.stderr).toMatch(/would have told 1 event/);
  });
});

describe.skipIf(!hasMosquitto)(`a broker with an authority of its own${withoutMosquitto}`, () => {
  test('`caFile` of the source; what is retained is no sample; other kinds are no fault; a second machine is told by name', {
    timeout: 240_000,
  }, async () => {
    const folder = tempFolder();
    const at = await plantCertificates(folder);
    const [plain, secure] = [await freePort(), await freePort()];
    writeFileSync(
      at('m.conf'),
      `user root\nallow_anonymous true\nlistener ${plain} 127.0.0.1\nlistener ${secure} 127.0.0.1\ncertfile ${at('broker.pem')}\nkeyfile ${at('broker.key')}\n`,
    );
    const broker = createMosquitto(at('m.conf'), plain);
    await broker.start();
    onTestFinished(() => broker.kill());
    const sender = connect(`mqtt://127.0.0.1:${plain}`);
    onTestFinished(() => sender.endAsync(true));
    const say = (topic: string, message: object, retain = false) =>
      sender.publishAsync(topic, JSON.stringify(message), { qos: 1, retain });
    await say('dead', { v: 99 }, true);
    await say('dead/timed', { v: 99, ts: '2026-01-01T00:00:00Z' }, true);

    const url = `mqtts://localhost:${secure}`;
    const caFile = './ca.pem';
    const agent = await agentWith(folder, {
      untimed: { url, caFile, topic: 'dead', values: { value: 'v' } },
      timed: { url, caFile, topic: 'dead/timed', time: 'ts', values: { value: 'v' } },
      kinds: { url, caFile, topic: 'mixed', values: { value: 'tem' } },
      machines: { url, caFile, topic: 'plant/+/temp', values: { value: 'v' } },
      stranger: { url, topic: 'mixed', values: { value: 'tem' } },
    });
    const decoded = async (id: string) => (await agent.stream(id))?.frames.decoded ?? 0;
    // Until it has subscribed nothing arrives; from then on each message does.
    await until(async () => {
      await say('mixed', { hum: 52, tem: 20 });
      await say('mixed', { batt: 52 });
      await say('plant/a/temp', { v: 20 });
      return (await decoded('kinds')) > 2 && (await decoded('machines')) > 2;
    }, 'rows of both topics');
    await say('plant/b/temp', { v: 80 });
    const told = () => agent.log().filter(({ stream, code }) => stream === 'machines' && code === 'sensor-row');
    await until(() => told().length > 0, 'the second machine is told');
    expect(told()[0]?.msg).toMatch(
      /plant\/b\/temp: this stream has the rows of plant\/a\/temp; give each topic a stream/,
    );
    expect(agent.log().filter(({ stream, code }) => stream === 'kinds' && code !== undefined)).toEqual([]);
    expect(
      agent
        .log()
        .some(({ stream, msg }) => stream === 'kinds' && /had nothing at "tem"; the last one had: batt/.test(msg)),
    ).toBe(true);

    // A message that was retained before counts only with a time of its own, once; a fresh one counts.
    expect([await decoded('untimed'), (await decoded('timed')) <= 1]).toEqual([0, true]);
    await until(async () => {
      await say('dead', { v: 21 });
      return (await decoded('untimed')) > 0;
    }, 'a fresh message');
    expect(agent.log().filter(({ stream, code }) => stream === 'timed' && code === 'sensor-order')).toEqual([]);
    await until(
      () => agent.log().some(({ stream, msg }) => stream === 'stranger' && /certificate/i.test(msg)),
      'a broker of an unknown authority is refused, and the reason is told',
    );
  });
});
