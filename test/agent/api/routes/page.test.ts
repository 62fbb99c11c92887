import Fastify from 'fastify';
import { expect, onTestFinished, test } from 'vitest';
import { pageRoutes } from '../../../../agent/api/routes/page.ts';
import { createTallies } from '../../../../agent/health/tallies.ts';
import type { StreamReport } from '../../../../shared/contract/messages/report.ts';

const stream = (id: string, over: Partial<StreamReport> = {}): StreamReport => ({
  id,
  state: 'running',
  source: 'rtsp://camera/1',
  fps: 4.96,
  rules: [],
  ...over,
});

async function pageOf(device: string, streams: readonly StreamReport[], tallies = createTallies()): Promise<string> {
  const app = Fastify();
  onTestFinished(() => app.close());
  await app.register(pageRoutes({ device, version: '1.2.3', streams: () => [...streams], tallies }));
  const answer = await app.inject('/');
  expect(answer.headers['content-type']).toBe('text/html; charset=utf-8');
  return answer.body;
}

const sections = (page: string) => page.match(/<section>.*?<\/section>/g) ?? [];
const liveOf = (page: string) => [...page.matchAll(/<img src="([^"]+)"/g)].map(([, address]) => address);

test('each stream says how it is and where more is to be had; a running one shows its picture', async () => {
  const page = await pageOf('gate', [
    stream('door'),
    stream('yard', { state: 'waiting', error: 'no route to host' }),
    stream('motor', { kind: 'sensor', fps: 2 }),
  ]);
  expect(page).toContain('<title>gate · Vedette</title>');
  expect(page).toContain('vedette-agent 1.2.3');
  const [door = '', yard = '', motor = ''] = sections(page);
  expect(liveOf(door)).toEqual(['/api/v1/streams/door/live.mjpeg?fps=5&amp;width=640']);
  for (const part of ['running, 5 frames per second', 'door/live.mjpeg"', 'door/picture.jpg"', 'door/latest"'])
    expect(door).toContain(part);
  expect(liveOf(yard)).toEqual([]);
  expect(yard).toContain('<p>no route to host</p>');
  // A sensor has no picture, and a request for one would keep a connection of the browser.
  expect(liveOf(motor)).toEqual([]);
  expect(motor).toContain('running, 2 windows per second');
  expect(motor).not.toMatch(/mjpeg|\.jpg/);
  expect(motor).toContain('/api/v1/streams/motor/latest"');
});

test('four pictures are live, those of streams that run; the others can be opened', async () => {
  const page = await pageOf('gate', [
    stream('s0', { state: 'ended' }),
    stream('s1', { kind: 'audio' }),
    ...[2, 3, 4, 5, 6, 7].map((n) => stream(`s${n}`)),
  ]);
  expect(liveOf(page).map((address) => /s\d/.exec(address ?? '')?.[0])).toEqual(['s2', 's3', 's4', 's5']);
  expect(page.match(/live\.mjpeg">live/g)).toHaveLength(7);
});

test('what a device or a source is called stays text', async () => {
  const page = await pageOf('<b>', [stream('a&b/"c"', { state: 'refused', error: '<script>alert(1)</script>' })]);
  expect(page).toContain('<h1>&lt;b&gt; · Vedette</h1>');
  expect(page).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
  expect(page).not.toContain('<script');
  expect(page).toContain('/api/v1/streams/a%26b%2F%22c%22/latest');
});

test('a sensor shows its values and what the model says of them; without pictures the page is read anew', async () => {
  const tallies = createTallies();
  const values = { temperature: 71.23456, '<flow>': 0.1 };
  tallies.reading({ kind: 'reading', stream: 'motor', score: 5.5, threshold: 2, anomalous: true, values });
  tallies.reading({ kind: 'reading', stream: 'hall', label: 'speech', score: 0.9, anomalous: false });
  const streams = [
    stream('motor', { kind: 'sensor' }),
    stream('hall', { kind: 'audio' }),
    stream('new', { kind: 'sensor' }),
  ];
  const page = await pageOf('gate', streams, tallies);
  const [motor = '', hall = '', other = ''] = sections(page);
  expect(motor).toContain(
    '<dl class="odd"><dt>temperature</dt><dd>71.23</dd><dt>&lt;flow&gt;</dt><dd>0.1</dd><dt>score</dt><dd>5.5</dd><dt>threshold</dt><dd>2</dd></dl>',
  );
  expect(hall).toContain('<dl><dt>class</dt><dd>speech</dd><dt>score</dt><dd>0.9</dd></dl>');
  expect(other).not.toContain('<dl');
  expect(page).toContain('<meta http-equiv="refresh" content="5">');
  expect(await pageOf('gate', [...streams, stream('door')], tallies)).not.toContain('http-equiv');
});
