import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openSoundSource } from '../../../../agent/pipeline/source/sensor-audio.ts';
import { audioSource } from '../../../../shared/contract/config/sensor.ts';
import { type Clock, systemClock } from '../../../../shared/kit/clock.ts';
import { wavOf } from '../../../support/sensor.ts';
import { tempFolder } from '../../../support/temp.ts';

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

function hear(source: Record<string, unknown>, clock: Clock = systemClock, enough = Number.POSITIVE_INFINITY) {
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
        onTrouble: (_code, message) => expect.unreachable(message),
        onEnd: (failure) => resolve({ samples, opened, failure }),
      });
    },
  );
}

test('a file is heard to its end; a loop goes on until it is closed', async () => {
  const url = tone(1);
  expect(await hear({ url, pace: 'fast' })).toEqual({ samples: RATE, opened: 1, failure: undefined });
  const looped = await hear({ url, pace: 'fast', loop: true }, systemClock, 3 * RATE);
  expect(looped.samples).toBeGreaterThanOrEqual(3 * RATE);
  expect(looped.opened).toBe(1);
});

test('pace pts: as long as the sound is', async () => {
  let now = 0;
  const clock: Clock = {
    ...systemClock,
    mono: () => now,
    async sleep(ms) {
      now += ms;
    },
  };
  await hear({ url: tone(3) }, clock);
  expect(now).toBeCloseTo(3000, 0);
});

test('what cannot be heard ends the source with the reason, without the password', async () => {
  expect((await hear({ url: '/nowhere.wav' })).failure).toMatchObject({ code: 'source-open' });
  const url = 'rtsp://me:hush@127.0.0.1:1/x';
  const { failure } = await hear({ url });
  expect(failure?.code).toBe('source-open');
  expect(failure?.message).toContain('rtsp://127.0.0.1:1/x');
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
  const { failure } = await hear({ url: `http://127.0.0.1:${port}/live` }, hasty);
  expect(failure).toMatchObject({ code: 'source-open', message: expect.stringContaining('no answer within 5000 ms') });
});
