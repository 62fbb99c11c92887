/**
 * Who looks at a stream through the local API. While somebody does, the stream's runner is asked for pictures and results;
 * the request is renewed until the last one leaves, and ends by itself if this process should forget it.
 *
 * Invariants:
 * 1. Nothing is asked of a runner while nobody looks.
 * 2. A picture is drawn once, however many look; while one is drawn, the newest waits and older ones are forgotten.
 * 3. A viewer gets nothing after its `leave`, and is counted until then.
 */
import type { PreviewBody } from '../../shared/contract/messages/preview.ts';
import type { Annotate } from '../../shared/engine/drawing/annotate.ts';
import type { RuleShape } from '../../shared/engine/drawing/overlay.ts';
import { ProblemError } from '../../shared/http/problems.ts';
import type { Cancel, Clock } from '../../shared/kit/clock.ts';
import { inTime } from '../../shared/kit/deadline.ts';
import type { LightResult } from '../runner/follow.ts';
import { createPacer, type WatchRequests } from './watch-requests.ts';

export type Leave = () => void;

export interface LiveOptions {
  readonly requests: Pick<WatchRequests, 'set' | 'withdraw' | 'due'>;
  /** Asks the stream's runner for results until that moment. */
  readonly follow: (stream: string, until: number) => void;
  readonly rulesOf: (stream: string) => readonly RuleShape[];
  readonly annotate: Annotate;
  readonly onFault: (stream: string, error: unknown) => void;
  readonly clock: Clock;
}

export interface Seen {
  readonly result: LightResult;
  /** Milliseconds since 1970 when it was made. */
  readonly wall: number;
}

export interface Live {
  /**
   * Gives `take` the annotated pictures of a stream, at most `fps` a second, until the result is called.
   * @throws ProblemError 503 when as many look as may
   */
  watch(stream: string, fps: number, width: number, take: (jpeg: Uint8Array) => void): Leave;
  /** The next picture; undefined when none came in time. @throws ProblemError 503 as `watch` */
  picture(stream: string, width: number, waitMs: number): Promise<Uint8Array | undefined>;
  /** The newest result, and the next one if nobody had asked before; undefined when there is none in time. */
  latest(stream: string, waitMs: number): Promise<Seen | undefined>;
  /** Drops what is held of a stream (undefined: of all); the next picture and the next result are shown as before. */
  drop(stream: string | undefined): void;
  /** How many look now, and how many pictures runners have sent since the start, for whomever. */
  viewers(): number;
  previews(): number;
  /** From the runners. */
  onPreview(header: PreviewBody, jpeg: Uint8Array): void;
  onLatest(stream: string, result: LightResult): void;
}

interface Viewer {
  readonly fps: number;
  readonly width: number;
  readonly passes: ReturnType<typeof createPacer>;
  readonly take: (jpeg: Uint8Array) => void;
}

interface Scene {
  readonly viewers: Set<Viewer>;
  readonly waiting: Set<(seen: Seen) => void>;
  renewal: Cancel | undefined;
  /** Until when the runner sends results. */
  followed: number;
  seen: Seen | undefined;
  drawing: boolean;
  next: { header: PreviewBody; jpeg: Uint8Array } | undefined;
}

const LEASE_MS = 6000;
const RENEW_MS = 2000;
const FOLLOW_MS = 10_000;
const MOST_VIEWERS = 16;
/** For a single picture: as soon as possible. */
const AT_ONCE_FPS = 15;

export function createLive(options: LiveOptions): Live {
  const { requests, clock } = options;
  const scenes = new Map<string, Scene>();
  let looking = 0;
  let previews = 0;

  const sceneOf = (stream: string): Scene => {
    const known = scenes.get(stream);
    if (known) return known;
    const fresh: Scene = {
      viewers: new Set(),
      waiting: new Set(),
      renewal: undefined,
      followed: 0,
      seen: undefined,
      drawing: false,
      next: undefined,
    };
    scenes.set(stream, fresh);
    return fresh;
  };

  const enter = () => {
    if (looking >= MOST_VIEWERS) {
      const detail = `${MOST_VIEWERS} viewers are connected, the most allowed; try again later`;
      throw new ProblemError(503, detail, { 'retry-after': '5' });
    }
    looking++;
  };

  const follow = (stream: string, scene: Scene) => {
    scene.followed = clock.mono() + FOLLOW_MS;
    options.follow(stream, scene.followed);
  };

  const ask = (stream: string, scene: Scene) => {
    const all = [...scene.viewers];
    const fps = Math.max(...all.map((v) => v.fps));
    const width = Math.max(...all.map((v) => v.width));
    requests.set('local', stream, { until: clock.mono() + LEASE_MS, fps, width });
    follow(stream, scene);
  };

  const watch: Live['watch'] = (stream, fps, width, take) => {
    enter();
    const scene = sceneOf(stream);
    const viewer: Viewer = { fps, width, passes: createPacer(), take };
    scene.viewers.add(viewer);
    ask(stream, scene);
    scene.renewal ??= clock.every(RENEW_MS, () => ask(stream, scene));
    return () => {
      if (!scene.viewers.delete(viewer)) return;
      looking--;
      if (scene.viewers.size > 0) return ask(stream, scene);
      scene.renewal?.();
      scene.renewal = undefined;
      scene.next = undefined;
      requests.withdraw('local', stream);
    };
  };

  /** Invariant 2. */
  const draw = async (stream: string, scene: Scene) => {
    if (scene.drawing) return;
    scene.drawing = true;
    for (let picture = scene.next; picture && scene.viewers.size > 0; picture = scene.next) {
      scene.next = undefined;
      try {
        const { header, jpeg } = picture;
        const drawing = { header, rules: options.rulesOf(stream), result: scene.seen?.result };
        const annotated = await options.annotate(jpeg, drawing);
        const now = clock.mono();
        for (const viewer of [...scene.viewers]) if (viewer.passes(viewer.fps, now)) viewer.take(annotated);
      } catch (error) {
        options.onFault(stream, error);
      }
    }
    scene.drawing = false;
  };

  /** Resolves with what `begin` gives, or undefined after `ms`; then calls what `begin` returned. */
  const within = async <T>(ms: number, begin: (give: (value: T) => void) => Leave): Promise<T | undefined> => {
    let leave: Leave | undefined;
    const given = new Promise<T>((resolve) => {
      leave = begin(resolve);
    });
    try {
      return await inTime(clock, ms, given, () => undefined);
    } finally {
      leave?.();
    }
  };

  return {
    watch,
    async picture(stream, width, waitMs) {
      return within<Uint8Array>(waitMs, (give) => watch(stream, AT_ONCE_FPS, width, give));
    },
    async latest(stream, waitMs) {
      const scene = sceneOf(stream);
      const fresh = scene.followed > clock.mono();
      if (scene.followed - clock.mono() < FOLLOW_MS / 2) follow(stream, scene);
      if (fresh && scene.seen) return scene.seen;
      enter();
      const next = await within<Seen>(waitMs, (give) => {
        scene.waiting.add(give);
        return () => {
          scene.waiting.delete(give);
          looking--;
        };
      });
      return next ?? scene.seen;
    },
    drop(stream) {
      for (const [id, scene] of scenes) {
        if (stream !== undefined && id !== stream) continue;
        scene.seen = undefined;
        scene.next = undefined;
      }
    },
    viewers: () => looking,
    previews: () => previews,
    onPreview(header, jpeg) {
      previews++;
      const scene = scenes.get(header.stream);
      if (!scene || scene.viewers.size === 0 || !requests.due('local', header.stream)) return;
      scene.next = { header, jpeg };
      void draw(header.stream, scene);
    },
    onLatest(stream, result) {
      const scene = sceneOf(stream);
      const seen = { result, wall: clock.wall() - Math.max(0, clock.mono() - result.endedAt) };
      scene.seen = seen;
      for (const give of [...scene.waiting]) give(seen);
    },
  };
}
