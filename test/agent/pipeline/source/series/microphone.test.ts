/** Microphones: Debian's real `arecord` and ALSA, whose sound comes out of a file, because a machine of tests has no sound card. */
import { execFileSync, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { openMicrophone } from '../../../../../agent/pipeline/source/series/microphone.ts';
import { openSoundSource } from '../../../../../agent/pipeline/source/series/sound.ts';
import { audioSource } from '../../../../../shared/contract/config/sensor.ts';
import { type Clock, systemClock } from '../../../../../shared/kit/clock.ts';
import { tempFolder } from '../../../../support/temp.ts';

const RATE = 16_000;
const hasArecord = spawnSync('arecord', ['--version']).status === 0;
const never = new AbortController().signal;

/** Gives a device `default` whose sound is this raw file, and one that converts its rate. */
function microphoneThatHears(file: string): void {
  const settings = path.join(path.dirname(file), 'asound.conf');
  writeFileSync(
    settings,
    [
      'pcm.nothing { type null }',
      `pcm.!default { type file slave.pcm nothing file /dev/null infile "${file}" format raw }`,
      'pcm.converts { type plug slave { pcm default rate 48000 channels 2 } }',
    ].join('\n'),
  );
  vi.stubEnv('ALSA_CONFIG_PATH', settings);
}

function ramp(count: number): string {
  const file = path.join(tempFolder(), 'mic.raw');
  writeFileSync(file, Buffer.from(Int16Array.from({ length: count }, (_, i) => (i % 2000) * 16 - 16_000).buffer));
  return file;
}

const open = (url = 'alsa:default', signal: AbortSignal = never) =>
  openMicrophone(
    { url, sampleRate: RATE, clock: systemClock, onLost: (message) => expect.unreachable(message) },
    signal,
  );

beforeEach(() => () => void vi.unstubAllEnvs());

describe.skipIf(!hasArecord)(
  `a microphone${hasArecord ? '' : ' (skipped: no arecord, Debian package alsa-utils)'}`,
  () => {
    test('what the microphone hears arrives sample by sample, -1 to 1', async () => {
      microphoneThatHears(ramp(4 * RATE));
      const reader = await open();
      const heard: number[] = [];
      while (heard.length < 2 * RATE) heard.push(...((await reader.next()) ?? []));
      await reader.close();
      for (let i = 0; i < 2 * RATE; i++)
        if (heard[i] !== ((i % 2000) * 16 - 16_000) / 32_768) expect.unreachable(`sample ${i} is ${heard[i]}`);
    });

    test('ALSA converts the rate and the channels of a device', async () => {
      microphoneThatHears(ramp(12 * RATE));
      const reader = await open('alsa:converts');
      const piece = await reader.next();
      await reader.close();
      expect(piece?.some((value) => value !== 0)).toBe(true);
    });

    test('the recorder is gone after close, also when nobody took its sound', async () => {
      microphoneThatHears(ramp(RATE));
      const reader = await open();
      expect(recorders()).toHaveLength(1);
      await reader.close();
      expect(recorders()).toEqual([]);
    });

    test('a recorder that dies ends the source: a microphone has no end of its own', async () => {
      microphoneThatHears(ramp(RATE));
      const reader = await open();
      process.kill(recorders()[0] as number, 'SIGKILL');
      const listenOn = async () => {
        for (;;) await reader.next();
      };
      await expect(listenOn()).rejects.toMatchObject({
        code: 'source-ended',
        message: expect.stringMatching(/^alsa:default: the microphone is gone/),
      });
      await reader.close();
    });

    test('what cannot be opened says why, and what mends it', async () => {
      microphoneThatHears(ramp(RATE));
      await expect(open('alsa:hw:7,0')).rejects.toMatchObject({
        code: 'source-open',
        message: expect.stringMatching(/^alsa:hw:7,0: .*; `arecord -L` lists the devices of this machine$/),
      });
      await expect(open('alsa:nowhere')).rejects.toMatchObject({
        code: 'source-open',
        message: expect.stringMatching(/`arecord -L`/),
      });
      vi.stubEnv('PATH', tempFolder());
      await expect(open()).rejects.toMatchObject({
        code: 'source-open',
        message: expect.stringMatching(/`arecord` is not installed: `apt install/),
      });
    });

    test('one that gives no sound is given up, and its recorder too', async () => {
      const fifo = path.join(tempFolder(), 'mic.raw');
      execFileSync('mkfifo', [fifo]);
      microphoneThatHears(fifo);
      const hasty: Clock = { ...systemClock, after: (ms, run) => systemClock.after(ms / 10, run) };
      const failure = await new Promise((resolve) => {
        openSoundSource(audioSource.parse({ url: 'alsa:default', openS: 2 }), RATE, hasty, {
          onOpened: () => expect.unreachable('it was opened'),
          onSound: async () => expect.unreachable('it was heard'),
          onProblem: (_code, message) => expect.unreachable(message),
          onEnd: resolve,
        });
      });
      expect(failure).toEqual({ code: 'source-open', message: 'alsa:default: no answer within 2000 ms' });
      await vi.waitFor(() => expect(recorders()).toEqual([]));
    });

    test('a stream hears a microphone as it hears a camera, until it is closed', async () => {
      microphoneThatHears(ramp(RATE));
      let samples = 0;
      await new Promise<void>((resolve) => {
        const sound = openSoundSource(audioSource.parse({ url: 'alsa:default' }), RATE, systemClock, {
          onOpened: () => undefined,
          async onSound(piece) {
            samples += piece.length;
            if (samples > 3 * RATE) void sound.close().then(resolve);
          },
          onProblem: (_code, message) => expect.unreachable(message),
          onEnd: () => expect.unreachable('it ended'),
        });
      });
      expect(samples).toBeGreaterThan(3 * RATE);
      expect(recorders()).toEqual([]);
    });
  },
);

/** Recorders that this process has started. */
function recorders(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
        const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
        return stat.includes('(arecord)') && Number(parent) === process.pid && state !== 'Z';
      } catch {
        return false;
      }
    });
}
