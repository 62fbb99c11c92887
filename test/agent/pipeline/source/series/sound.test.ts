import { readFileSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { createServer } from 'node:net';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openSoundSource } from '../../../../../agent/pipeline/source/series/sound.ts';
import { audioSource } from '../../../../../shared/contract/config/sensor.ts';
import { type Clock, systemClock } from '../../../../../shared/kit/clock.ts';
import { shownAddress } from '../../../../../shared/kit/shown-address.ts';
import { wavOf } from '../../../../support/sensor.ts';
import { createSleepClock } from '../../../../support/sleep-clock.ts';
import { tempFolder } from '../../../../support/temp.ts';
import { until } from '../../../../support/until.ts';

const RATE = 16_000;

function tone(seconds: number): string {
  const file = path.join(tempFolder(), 'tone.wav');
  writeFileSync(
    file,
    wavOf(
      Float32Array.from({ length: seconds * RATE }, (_, i) => Math.sin(i / 10)),
      RATE,
    ),
  );
  return file;
}

function receive(source: Record<string, unknown>, clock: Clock = systemClock, enough = Number.POSITIVE_INFINITY) {
  let samples = 0;
  let opened = 0;
  return new Promise<{ samples: number; opened: number; failure: { code: string; message: string } | undefined }>(
    (resolve) => {
      const sound = openSoundSource(audioSource.parse(source), RATE, clock, {
        onOpened: () => void opened++,
        async onSound(piece) {
          samples += piece.length;
          if (samples >= enough) void sound.close().then(() => resolve({ samples, opened, failure: undefined }));
        },
        onProblem: (_code, message) => expect.unreachable(message),
        onEnd: (failure) => resolve({ samples, opened, failure }),
      });
    },
  );
}

test('a file is heard to its end; a loop goes on until it is closed', async () => {
  const url = tone(1);
  expect(await receive({ url, pace: 'fast' })).toEqual({ samples: RATE, opened: 1, failure: undefined });
  const looped = await receive({ url, pace: 'fast', loop: true }, systemClock, 3 * RATE);
  expect(looped.samples).toBeGreaterThanOrEqual(3 * RATE);
  expect(looped.opened).toBe(1);
});

test('pace pts: as long as the sound is', async () => {
  const { clock, now } = createSleepClock();
  await receive({ url: tone(3) }, clock);
  expect(now()).toBeCloseTo(3000, 0);
});

test('what cannot be heard ends the source with the reason, without the password', async () => {
  expect((await receive({ url: '/nowhere.wav' })).failure).toMatchObject({ code: 'source-open' });
  const url = 'rtsp://me:hush@127.0.0.1:1/x';
  const { failure } = await receive({ url });
  expect(failure?.code).toBe('source-open');
  expect(failure?.message).toContain('rtsp://127.0.0.1:1/…');
  expect(failure?.message).not.toContain('hush');
});

test('an address that takes the connection and says nothing is given up', async () => {
  const server = createServer(() => undefined).listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await new Promise((resolve) => server.once('listening', resolve));
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : 0;
  // Five seconds are a moment.
  const hasty: Clock = { ...systemClock, after: (ms, run) => systemClock.after(ms / 20, run) };
  const { failure } = await receive({ url: `http://127.0.0.1:${port}/live` }, hasty);
  expect(failure).toMatchObject({ code: 'source-open', message: expect.stringContaining('no answer within 10000 ms') });
});

/** A server that answers each request with the first part of a tone, and ends the answer or leaves it open. */
async function radio(part: Buffer, ends: boolean): Promise<string> {
  const server = createHttpServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'audio/wav' }).write(part);
    if (ends) response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/tone.wav`;
}

test('what somebody else sends is taken as it comes, does not loop, and its end is a failure', async () => {
  const unhurried: Clock = { ...systemClock, sleep: () => expect.unreachable('a live sound is not waited for') };
  const url = await radio(readFileSync(tone(2)), true);
  const { samples, opened, failure } = await receive({ url, loop: true }, unhurried);
  expect([samples, opened]).toEqual([2 * RATE, 1]);
  expect(failure).toEqual({ code: 'source-ended', message: `${shownAddress(url)}: the sound has ended` });
});

test('a sound that stops in the middle has stalled after five seconds, and what came before was heard', async () => {
  // FFmpeg looks at the first seconds of a sound before it gives any.
  const url = await radio(readFileSync(tone(20)).subarray(0, 44 + 12 * RATE * 2), false);
  const waits: number[] = [];
  const hasty: Clock = {
    ...systemClock,
    after(ms, run) {
      waits.push(ms);
      return systemClock.after(ms / 10, run);
    },
  };
  const { samples, failure } = await receive({ url }, hasty);
  expect(samples).toBeGreaterThan(10 * RATE);
  expect(failure).toEqual({ code: 'source-stalled', message: `${shownAddress(url)}: no sound for 5000 ms` });
  expect(new Set(waits)).toEqual(new Set([10_000, 5000]));
});

test('a file without a sample has no sound, and one of text none that can be read', async () => {
  const empty = path.join(tempFolder(), 'empty.wav');
  writeFileSync(empty, wavOf(new Float32Array(0), RATE));
  expect((await receive({ url: empty })).failure).toMatchObject({ code: 'source-open' });
  const text = path.join(tempFolder(), 'text.wav');
  writeFileSync(text, 'la la la');
  expect((await receive({ url: text })).failure).toMatchObject({
    code: 'source-open',
    message: expect.stringContaining(text),
  });
});

test('a file that loops is paced, round after round', async () => {
  const { clock, slept, now } = createSleepClock();
  const { samples } = await receive({ url: tone(1), loop: true }, clock, 3 * RATE);
  expect(samples).toBeGreaterThanOrEqual(3 * RATE);
  // The rounds are as long as their sound, one after the other.
  expect(now()).toBeGreaterThan(2500);
  expect(now()).toBeLessThanOrEqual((samples * 1000) / RATE);
  expect(Math.min(...slept)).toBeGreaterThan(0);
});

test('a walk that fails on a piece ends the source; closing ends it without a word', async () => {
  const failed = await new Promise<unknown>((resolve) => {
    openSoundSource(audioSource.parse({ url: tone(1), pace: 'fast' }), RATE, systemClock, {
      onOpened: () => undefined,
      onSound: () => Promise.reject(new Error('no room')),
      onProblem: (_code, message) => expect.unreachable(message),
      onEnd: resolve,
    });
  });
  expect(failed).toMatchObject({ code: 'internal', message: expect.stringMatching(/tone\.wav: no room$/) });
  let pieces = 0;
  const sound = openSoundSource(audioSource.parse({ url: tone(60) }), RATE, systemClock, {
    onOpened: () => undefined,
    onSound: async () => void pieces++,
    onProblem: (_code, message) => expect.unreachable(message),
    onEnd: () => expect.unreachable('it was closed'),
  });
  await until(() => pieces > 0, 'the first piece');
  await sound.close();
  const received = pieces;
  await sound.close();
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(pieces).toBe(received);
});
