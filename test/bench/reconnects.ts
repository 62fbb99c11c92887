/** 2,000 reconnects of cameras through whole sources (threads and all): memory and descriptors before and after. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openSource } from '../../agent/pipeline/source/picture/open.ts';
import { generateClip } from '../../fixtures/clip/generate.ts';
import { sourceConfig } from '../../shared/contract/config/source.ts';
import { tinyInput } from '../support/inputs.ts';
import { hasRtspServer, spawnRtspCamera } from '../support/rtsp-server.ts';
import type { Bench } from './bench.ts';

const RECONNECTS = 2000;
const WARM = 200;
const STREAMS = 20;
/** The measurement in so many parts: what grows, grows in each. */
const PARTS = 4;

export const reconnects: Bench = {
  summary: `${RECONNECTS} camera reconnects: memory and descriptors stay flat`,
  async run(print) {
    if (!hasRtspServer) return print('skipped: no GStreamer RTSP server (Debian package gir1.2-gst-rtsp-server-1.0)');
    const folder = mkdtempSync(path.join(tmpdir(), 'vedette-bench-'));
    const clip = path.join(folder, 'clip.mp4');
    await generateClip(clip, { frames: 60, width: 320, height: 240, fps: 10 });
    const camera = await spawnRtspCamera(clip, 10);
    try {
      await measure(`rtsp://127.0.0.1:${camera.port}/live`, () => camera.send('drop'), print);
    } finally {
      await camera.stop();
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

async function measure(url: string, drop: () => Promise<void>, print: (line: string) => void): Promise<void> {
  let frames = new Set<number>();
  let gone = new Set<number>();
  let wake: () => void = () => undefined;
  const until = async (ready: () => boolean) => {
    while (!ready()) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  };
  const sources = Array.from({ length: STREAMS }, (_, stream) => {
    const source = openSource(
      { source: sourceConfig.parse({ url }), input: tinyInput, inFlight: 3, fps: 2, reconnect: true },
      {
        onOpened: () => undefined,
        onProblem: () => undefined,
        onFrame(frame) {
          source.release(frame, 0);
          frames.add(stream);
          wake();
        },
        onWaiting() {
          gone.add(stream);
          wake();
        },
        onEnd: (failure) => print(`source ${stream} ended: ${failure?.message ?? 'in order'}`),
      },
    );
    return source;
  });
  const reconnect = async (times: number) => {
    for (let done = 0; done < times; done += STREAMS) {
      await until(() => frames.size === STREAMS);
      gone = new Set();
      await drop();
      await until(() => gone.size === STREAMS);
      frames = new Set();
    }
    return { rss: process.memoryUsage.rss() / 2 ** 20, files: readdirSync('/proc/self/fd').length };
  };
  const started = performance.now();
  const warm = await reconnect(WARM);
  let end = warm;
  for (let part = 1; part <= PARTS; part++) {
    end = await reconnect(RECONNECTS / PARTS);
    print(`after ${(part * RECONNECTS) / PARTS}: rss ${end.rss.toFixed(1)} MB, ${end.files} descriptors`);
  }
  const took = (performance.now() - started) / 1000;
  await Promise.all(sources.map((source) => source.close()));
  const growth = ((end.rss / warm.rss - 1) * 100).toFixed(1);
  print(`rss ${warm.rss.toFixed(1)} → ${end.rss.toFixed(1)} MB (${growth} %; target ≤ 5 %)`);
  print(`descriptors ${warm.files} → ${end.files} (target: the same); ${took.toFixed(0)} s`);
}
