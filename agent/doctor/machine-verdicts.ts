/** What the facts about the machine mean for an agent. Pure. */
import { type Finding, finding } from '../../shared/doctor/finding.ts';
import type { FramesFacts } from '../../shared/engine/frames/about.ts';
import type { RuntimeFacts } from '../../shared/engine/infer/about.ts';
import type { MemoryFacts } from './machine.ts';

/** Supervisor, and a runner with a small detector. */
const SUPERVISOR_MB = 110;
const RUNNER_MB = 220;

export function judgeMemory({ totalMb, availableMb }: MemoryFacts, runners: number): Finding {
  const needMb = SUPERVISOR_MB + runners * RUNNER_MB;
  const text = `${availableMb} MB of ${totalMb} MB available; ${runners} runners take about ${needMb} MB`;
  if (availableMb >= needMb) return finding('memory', 'ok', text);
  return finding('memory', 'note', text, 'use fewer runners (`runners.count`), or a smaller model');
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

export function judgeFonts(there: boolean): Finding {
  if (there) return finding('fonts', 'ok', 'labels in pictures can be written');
  const text = 'there are none: labels in pictures of the local API are empty boxes';
  return finding('fonts', 'note', text, 'install one, as the Debian package fonts-dejavu-core');
}
