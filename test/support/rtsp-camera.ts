import { onTestFinished } from 'vitest';
import { type RtspCamera, spawnRtspCamera } from './rtsp-server.ts';

export { hasRtspServer } from './rtsp-server.ts';

/** As `spawnRtspCamera`; it ends with the test. */
export async function startRtspCamera(...args: Parameters<typeof spawnRtspCamera>): Promise<RtspCamera> {
  const camera = await spawnRtspCamera(...args);
  onTestFinished(() => camera.stop());
  return camera;
}
