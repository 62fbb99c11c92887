/** What decoding and scaling alone cost: the ffmpeg program where it is installed, else our reader and scaler in a loop. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { imageInputOf } from '../../shared/contract/model-manifest.ts';
import { createPixelScaler } from '../../shared/engine/frames/pixels.ts';
import { allocFrame, openVideo } from '../../shared/engine/frames/reader.ts';
import { readPackage } from '../../shared/engine/package/package.ts';
import { fitFrame } from '../../shared/engine/preprocess/fit.ts';
import { systemClock } from '../../shared/kit/clock.ts';

export interface ScaleCost {
  readonly by: string;
  /** Milliseconds of processor time a frame. */
  readonly cpuMs: number;
  /** How long our own scaling of a frame takes, in milliseconds. */
  readonly scaleMs: number;
}

const ffmpeg = ['/usr/bin/ffmpeg', '/usr/local/bin/ffmpeg'].find((file) => existsSync(file));

export async function scaleCost(modelDir: string, clip: string): Promise<ScaleCost> {
  const pack = await readPackage(modelDir);
  const input = imageInputOf(pack.manifest);
  const reader = await openVideo(
    { from: 'file', url: clip, waits: false, shown: clip },
    { onUndecodable: (why) => console.error(why) },
  );
  const { width, height } = fitFrame(reader.info.width, reader.info.height, input);
  const frame = allocFrame();
  const scaler = createPixelScaler();
  const before = process.cpuUsage();
  let frames = 0;
  let scaleMs = 0;
  while ((await reader.next(frame)) !== undefined) {
    const start = systemClock.mono();
    scaler.scale(frame, width, height, 'planes');
    scaleMs += systemClock.mono() - start;
    frames++;
  }
  const { user, system } = process.cpuUsage(before);
  reader.close();
  scaler.close();
  const own = { scaleMs: scaleMs / frames };
  if (!ffmpeg) return { by: 'our reader and scaler', cpuMs: (user + system) / 1000 / frames, ...own };
  const filter = `scale=${width}:${height}:flags=bilinear`;
  const args = ['-nostdin', '-v', 'info', '-nostats', '-benchmark', '-threads', '1', '-i', clip, '-vf', filter];
  const text = await output(ffmpeg, [...args, '-pix_fmt', 'gbrp', '-f', 'rawvideo', '-y', '/dev/null']);
  const [, ffmpegUser, ffmpegSystem] = text.match(/utime=([\d.]+)s stime=([\d.]+)s/) ?? [];
  return { by: 'ffmpeg', cpuMs: ((Number(ffmpegUser) + Number(ffmpegSystem)) * 1000) / frames, ...own };
}

/** What a program says on stderr. */
function output(program: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    let text = '';
    child.stderr.on('data', (chunk) => {
      text += String(chunk);
    });
    child.once('error', reject);
    child.once('exit', (code) => (code === 0 ? resolve(text) : reject(new Error(text))));
  });
}
