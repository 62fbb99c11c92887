/** A real RTSP camera (GStreamer's server) that a test can make stall, drop, send garbage, go away and come back. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { z } from 'zod';

// Debian's own: GStreamer's bindings are there, not with a Python from elsewhere.
const python = '/usr/bin/python3';
const needed = "import gi; gi.require_version('GstRtspServer', '1.0'); gi.require_version('GstApp', '1.0')";

/** Debian packages gir1.2-gst-rtsp-server-1.0 python3-gi gstreamer1.0-plugins-{good,bad,ugly}. */
export const hasRtspServer = existsSync(python) && spawnSync(python, ['-c', needed]).status === 0;

/** How the stamps of a camera's packets run: as time does, not at all, at half its speed, … (`WARPS` of rtsp-camera.py). */
export type Stamps = 'right' | 'still' | 'half' | 'hz8000' | 'steps' | 'ahead';
export type CameraCommand = 'stall' | 'resume' | 'garbage' | 'drop' | 'stop' | 'start' | `stamps-${Stamps}`;

export interface RtspCamera {
  /** Serves /live and /audio. */
  readonly port: number;
  /** Resolves when the camera has obeyed. */
  send(command: CameraCommand): Promise<void>;
  stop(): Promise<void>;
}

const ready = z.object({ port: z.number() });

/** Starts a camera that plays an H.264 `clip` in a circle; whoever started it stops it. */
export async function spawnRtspCamera(
  clip: string,
  fps: number,
  credentials?: { user: string; password: string },
): Promise<RtspCamera> {
  const script = path.resolve(import.meta.dirname, 'rtsp-camera.py').replace(`${path.sep}dist${path.sep}`, path.sep);
  const args = [script, clip, String(fps), ...(credentials ? [credentials.user, credentials.password] : [])];
  const child: ChildProcess = spawn(python, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const { stdin, stdout } = child;
  if (!stdin || !stdout) throw new Error('no pipes to the camera');
  const lines = createInterface({ input: stdout })[Symbol.asyncIterator]();
  const receive = async () => {
    const line = await lines.next();
    if (line.done) throw new Error('the camera ended; see what it printed');
    return line.value;
  };
  const gone = new Promise((resolve) => child.once('exit', resolve));
  const { port } = ready.parse(JSON.parse(await receive()));
  return {
    port,
    async send(command) {
      stdin.write(`${command}\n`);
      await receive();
    },
    async stop() {
      child.kill('SIGKILL');
      await gone;
    },
  };
}
