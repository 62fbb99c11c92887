/** What the facts about the machine mean for an agent. Pure. */
import type { ClockQuality } from '../../shared/contract/messages/record.ts';
import type { FramesFacts } from '../../shared/engine/frames/about.ts';
import type { RuntimeFacts } from '../../shared/engine/infer/about.ts';
import { type Finding, finding } from './finding.ts';
import type { DiskFacts, MemoryFacts, PortFacts } from './machine.ts';

/** Supervisor, and a runner with a small detector. */
const SUPERVISOR_MB = 110;
const RUNNER_MB = 220;
/** A commit that takes longer holds up nothing yet, but is a sign of a worn or overloaded card. */
const SLOW_SYNC_MS = 50;
const LEAST_NODE = [20, 19] as const;

export function judgeNode(version: string): Finding {
  const [major = 0, minor = 0] = version.replace(/^v/, '').split('.').map(Number);
  const old = major < LEAST_NODE[0] || (major === LEAST_NODE[0] && minor < LEAST_NODE[1]);
  return finding(
    'node',
    old ? 'broken' : 'ok',
    version,
    old ? `install Node ${LEAST_NODE.join('.')} or newer` : undefined,
  );
}

export function judgeMemory({ totalMb, availableMb }: MemoryFacts, runners: number): Finding {
  const needMb = SUPERVISOR_MB + runners * RUNNER_MB;
  const text = `${availableMb} MB of ${totalMb} MB available; ${runners} runners take about ${needMb} MB`;
  if (availableMb >= needMb) return finding('memory', 'ok', text);
  return finding('memory', 'note', text, 'use fewer runners (`runners.count`), or a smaller model');
}

/** @param quotaMb what the outbox may take; undefined without a configuration */
export function judgeDisk(facts: DiskFacts, quotaMb: number | undefined): Finding {
  const { folder, freeMb, syncMs, error } = facts;
  if (!syncMs) {
    const text = `${folder}: cannot be written: ${error ?? 'unknown'}`;
    return finding('disk', 'broken', text, 'give the agent a `dataDir` that it may write to');
  }
  const text = `${folder}: ${freeMb} MB free; a durable write takes ${round(syncMs.median)} ms, ${round(syncMs.worst)} ms at worst`;
  if (quotaMb !== undefined && freeMb < quotaMb) {
    return finding('disk', 'note', text, `less is free than \`buffer.quotaMb: ${quotaMb}\` promises to the outbox`);
  }
  if (syncMs.median > SLOW_SYNC_MS) {
    return finding('disk', 'note', text, 'slow: is the card worn, or something else writing all the time?');
  }
  return finding('disk', 'ok', text);
}

/**
 * @param timezone the one in force
 * @param asked `TZ`, where it is set
 */
export function judgeTimezone(timezone: string, asked: string | undefined): Finding {
  const text = `${timezone}; schedules without a \`timezone\` follow it`;
  const unknown = asked !== undefined && asked !== '' && timezone === 'UTC' && !/^:?(UTC|Etc\/|GMT|Z)/i.test(asked);
  if (!unknown) return finding('time zone', 'ok', text);
  return finding('time zone', 'note', `${text}; TZ=${asked} is none that is known`, 'write one like Europe/Zurich');
}

export function judgeClock(quality: ClockQuality, wall: number): Finding {
  const now = new Date(wall).toISOString();
  if (quality === 'synced') return finding('clock', 'ok', `${now}, synchronised`);
  const advice = 'start a time service (systemd-timesyncd, chrony); records say how far their time can be trusted';
  if (quality === 'wrong') return finding('clock', 'note', `${now}, which cannot be right`, advice);
  return finding('clock', 'note', `${now}, not known to be synchronised`, advice);
}

/** @param facts the failure when FFmpeg could not be loaded */
export function judgeFrames(facts: FramesFacts | Error): Finding {
  if (facts instanceof Error) {
    return finding(
      'ffmpeg',
      'broken',
      `cannot be loaded: ${facts.message}`,
      'install again (`npm ci`) on this platform',
    );
  }
  const { ffmpeg, decoders, hardware } = facts;
  const by = hardware.length > 0 ? `hardware decoding by ${hardware.join(', ')}` : 'no hardware decoding (vaapi, cuda)';
  return finding('ffmpeg', 'ok', `${ffmpeg}; decodes ${decoders.join(', ')}; ${by}`);
}

/** @param facts the failure when ONNX Runtime could not be loaded */
export function judgeRuntime(facts: RuntimeFacts | Error): Finding {
  if (facts instanceof Error) {
    const advice = 'install again (`npm ci`) on this platform; Alpine (musl) is not supported';
    return finding('onnxruntime', 'broken', `cannot be loaded: ${facts.message}`, advice);
  }
  const providers = facts.providers.map(({ name, bundled }) =>
    bundled ? name : `${name} (if its libraries are there)`,
  );
  return finding('onnxruntime', 'ok', `${facts.version}; ${providers.join(', ')}`);
}

/** @param ownAgentRuns an agent of this configuration holds the data folder, and so most likely the port */
export function judgePort(host: string, port: number, facts: PortFacts, ownAgentRuns: boolean): Finding {
  const place = `${host}:${port}`;
  if (facts.state === 'free') return finding('local API', 'ok', `${place} is free`);
  if (facts.state === 'taken' && ownAgentRuns) return finding('local API', 'ok', `${place} is in use; the agent runs`);
  const advice = 'choose another with `api: { port: N }`, or turn it off with `api: false`';
  return finding('local API', 'broken', `${place}: ${facts.error}`, advice);
}

export function judgeFonts(there: boolean): Finding {
  if (there) return finding('fonts', 'ok', 'labels in pictures can be written');
  const text = 'there are none: labels in pictures of the local API are empty boxes';
  return finding('fonts', 'note', text, 'install one, as the Debian package fonts-dejavu-core');
}

function round(ms: number): number {
  return Math.round(ms * 10) / 10;
}
