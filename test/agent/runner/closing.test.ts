import { expect, test } from 'vitest';
import { soakClosing } from '../../support/closing-soak.ts';
import { hasRtspServer } from '../../support/rtsp-server.ts';

// `npm run bench -- closes` does a thousand.
test.skipIf(!hasRtspServer)(
  'streams of cameras that are closed while they connect, read, stall, wait or are taken over: their runners end quietly',
  async () => {
    const { loud, runners } = await soakClosing({ closes: 32, seed: 3, print: () => undefined });
    expect(loud).toEqual([]);
    expect(runners).toBeGreaterThan(3);
  },
  120_000,
);
