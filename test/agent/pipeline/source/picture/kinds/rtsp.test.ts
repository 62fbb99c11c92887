import { createServer } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { startDecoding } from '../../../../../support/decoding.ts';
import { until } from '../../../../../support/until.ts';

/** Sound alone. */
const SDP = [
  'v=0',
  'o=- 0 0 IN IP4 127.0.0.1',
  's=sound',
  't=0 0',
  'a=control:*',
  'm=audio 0 RTP/AVP 0',
  'c=IN IP4 0.0.0.0',
  'a=rtpmap:0 PCMU/8000',
  'a=control:stream=0',
  '',
].join('\r\n');

/**
 * The edge of an RTSP server that has sound alone: it refuses to play where nothing was set up (as GStreamer's does), and
 * then answers `busy` connections with 503, because it has not ended the refused session yet.
 */
async function soundServer(busy: number) {
  const asked: string[] = [];
  let connections = 0;
  const server = createServer((socket) => {
    const connection = connections++;
    let setUp = false;
    let rest = '';
    socket.on('error', () => undefined);
    socket.on('data', (bytes) => {
      rest += bytes.toString('latin1');
      for (let end = rest.indexOf('\r\n\r\n'); end >= 0; end = rest.indexOf('\r\n\r\n')) {
        const request = rest.slice(0, end);
        rest = rest.slice(end + 4);
        const method = request.split(' ', 1)[0] ?? '';
        asked.push(`${connection}:${method}`);
        const answer = (status: string, headers: readonly string[] = [], body = '') => {
          const length = body === '' ? [] : [`Content-Length: ${body.length}`];
          const cseq = /^CSeq: *(\d+)/im.exec(request)?.[1];
          socket.write([`RTSP/1.0 ${status}`, `CSeq: ${cseq}`, ...headers, ...length, '', body].join('\r\n'));
        };
        if (method === 'DESCRIBE' && connection > 0 && connection <= busy) answer('503 Service Unavailable');
        else if (method === 'DESCRIBE') answer('200 OK', ['Content-Type: application/sdp'], SDP);
        else if (method === 'SETUP') {
          setUp = true;
          answer('200 OK', ['Session: 1', 'Transport: RTP/AVP/TCP;unicast;interleaved=0-1']);
        } else if (method === 'PLAY' && !setUp) answer('455 Method Not Valid in This State');
        else answer('200 OK', ['Public: OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN', 'Session: 1']);
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const address = server.address();
  if (typeof address !== 'object' || !address) throw new Error('the server listens on no port');
  return { url: `rtsp://127.0.0.1:${address.port}/sound`, asked, connections: () => connections };
}

test('a server that is busy with the end of the refused session is asked again: sound alone is told as such', async () => {
  const { url, asked } = await soundServer(3);
  expect(await startDecoding({ url }).ended).toMatchObject({ code: 'source-no-video' });
  expect(asked.filter((line) => line.endsWith('DESCRIBE'))).toEqual([0, 1, 2, 3, 4].map((n) => `${n}:DESCRIBE`));
  expect(asked).toContain('0:PLAY');
  expect(asked).toContain('4:SETUP');
});

test('a server that stays busy is given up with its answer, and one may leave while it is', async () => {
  const stays = await soundServer(Number.POSITIVE_INFINITY);
  const failure = await startDecoding({ url: stays.url }).ended;
  expect(failure).toMatchObject({ code: 'source-open', message: expect.stringContaining('5XX') });
  expect(stays.connections()).toBe(7);

  const left = await soundServer(Number.POSITIVE_INFINITY);
  const decoding = startDecoding({ url: left.url });
  await until(() => left.connections() > 2, 'the second try');
  const tries = left.connections();
  await decoding.close();
  expect(decoding.all('failed')).toEqual([]);
  // It does not go through the rest of its tries first.
  expect(left.connections()).toBeLessThanOrEqual(tries + 1);
});
