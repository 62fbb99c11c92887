/** Streams of cameras that are opened and closed in every state, in runner processes: exit codes and what they print. */
import { soakClosing } from '../support/closing-soak.ts';
import { hasRtspServer } from '../support/rtsp-server.ts';
import type { Bench } from './bench.ts';

const CLOSES = 1000;

export const closes: Bench = {
  summary: 'camera streams closed in every state: each runner ends quietly',
  options: {
    closes: { description: 'streams to open and close', default: CLOSES },
    seed: { description: 'of the order of states', default: 1 },
  },
  async run(print, option) {
    if (!hasRtspServer) return print('skipped: no GStreamer RTSP server (Debian package gir1.2-gst-rtsp-server-1.0)');
    const soak = await soakClosing({ closes: option('closes'), seed: option('seed'), print });
    for (const [state, count] of Object.entries(soak.closes).toSorted()) print(`  ${state}: ${count}`);
    const all = Object.values(soak.closes).reduce((a, b) => a + b, 0);
    print(`${all} streams closed in ${soak.runners} runners, the slowest end took ${soak.slowestMs.toFixed(0)} ms`);
    for (const complaint of soak.loud) print(complaint);
    print(`runners that did not end quietly: ${soak.loud.length} (target: 0); killed: ${soak.killed}`);
  },
};
