/** `zone`: an object's foot enters or leaves a polygon, stays in it (`dwell`), or many are in it at once (`occupied`). */

import type { ZoneRule } from '../../../shared/contract/config/rules.ts';
import { detailsOf } from '../../../shared/contract/messages/detail.ts';
import { insidePolygon } from '../../../shared/kit/polygon.ts';
import type { RuleEvent, RuleStage, Tracked } from '../stage.ts';
import { quietBefore, sidesOf } from './foresight.ts';
import { createDebounce, createGap, type Debounced } from './hysteresis.ts';
import { createPaths, footInPicture, footOf, selector } from './objects.ts';

type Action = NonNullable<ZoneRule['actions']>[number];

interface Presence {
  /** What so many frames say. */
  readonly seen: Debounced;
  /** Does it count as inside? Someone who steps out for a moment has not left. */
  inside: boolean;
  /** Since when its foot is outside without a break. */
  outsideMs: number | undefined;
  /** When it came in. */
  sinceMs: number;
  /** Has this stay's `enter` been reported, its `dwell`? */
  entered: boolean;
  dwelt: boolean;
  last: Tracked;
}

/**
 * A track that ends inside has left too, so that enters and leaves balance. An enter or `occupied` that falls into the least
 * gap is reported after it, if it still holds by then. `count` is how many are inside afterwards.
 */
export function createZoneRule(rule: ZoneRule): RuleStage {
  const selects = selector(rule);
  const gap = createGap(rule.minGapS);
  const paths = createPaths();
  const sides = sidesOf(rule.points);
  const presences = new Map<number, Presence>();
  const reported = new Set<Action>(rule.actions ?? ['enter', 'leave', 'dwell', 'occupied', 'vacant']);
  const crowd = { sinceMs: undefined as number | undefined, reported: false };
  const insiders = () => [...presences.values()].filter((p) => p.inside);

  const event = (action: Action, object: Tracked, visible: boolean): RuleEvent => {
    const { label, score, track, box } = object;
    const where = { track, box, ...detailsOf(object), path: paths.of(track) };
    const seen = { label, score, ...where, snapshot: rule.snapshot && visible };
    return { rule: rule.name, ruleKind: rule.kind, action, count: insiders().length, ...seen };
  };

  const leave = (presence: Presence, ptsMs: number, visible: boolean): RuleEvent[] => {
    const due = reported.has('leave') && (reported.has('enter') ? presence.entered : gap('leave', ptsMs));
    presence.entered = false;
    presence.dwelt = false;
    return due ? [event('leave', presence.last, visible)] : [];
  };

  /** What became of one object in this frame. */
  const look = (presence: Presence, ptsMs: number): RuleEvent[] => {
    const isIn = insidePolygon(footInPicture(presence.last.box), rule.points);
    presence.seen.update(isIn);
    presence.outsideMs = isIn ? undefined : (presence.outsideMs ?? ptsMs);
    const isGone = presence.outsideMs !== undefined && ptsMs - presence.outsideMs >= rule.leaveS * 1000;
    const was = presence.inside;
    presence.inside = presence.seen.value || (was && !isGone);
    if (!presence.inside) return was ? leave(presence, ptsMs, true) : [];
    if (!was) presence.sinceMs = ptsMs;
    const events: RuleEvent[] = [];
    if (reported.has('enter') && !presence.entered && gap('enter', ptsMs)) {
      presence.entered = true;
      events.push(event('enter', presence.last, true));
    }
    const long = rule.dwellS !== undefined && ptsMs - presence.sinceMs >= rule.dwellS * 1000;
    if (reported.has('dwell') && long && !presence.dwelt && gap('dwell', ptsMs)) {
      presence.dwelt = true;
      events.push(event('dwell', presence.last, true));
    }
    return events;
  };

  /**
   * `occupied` and `vacant` carry the object that came or went last, and no track. While no object inside is seen,
   * `occupied` waits.
   */
  const occupancy = (ptsMs: number, latest: Tracked | undefined): RuleEvent[] => {
    if (!rule.occupancy) return [];
    const many = insiders().length >= rule.occupancy.atLeast;
    crowd.sinceMs = many ? (crowd.sinceMs ?? ptsMs) : undefined;
    const long = crowd.sinceMs !== undefined && ptsMs - crowd.sinceMs >= rule.occupancy.forS * 1000;
    const action = !crowd.reported && long ? 'occupied' : crowd.reported && !many ? 'vacant' : undefined;
    if (!action || !latest || (action === 'occupied' && !gap(action, ptsMs))) return [];
    crowd.reported = action === 'occupied';
    if (!reported.has(action)) return [];
    const { track: _, path: __, ...rest } = event(action, latest, action === 'occupied');
    return [rest];
  };

  return {
    evaluate({ update: { tracked, ended }, ptsMs }) {
      const events: RuleEvent[] = [];
      let latest: Tracked | undefined;
      for (const object of tracked) {
        const known = presences.get(object.track);
        if (!known && !selects(object)) continue;
        const presence = known ?? {
          seen: createDebounce(rule),
          inside: false,
          outsideMs: undefined,
          sinceMs: ptsMs,
          entered: false,
          dwelt: false,
          last: object,
        };
        presences.set(object.track, presence);
        presence.last = object;
        paths.add(object.track, footOf(object.box));
        const wasInside = presence.inside;
        events.push(...look(presence, ptsMs));
        if (wasInside || presence.inside) latest = object;
      }
      for (const track of ended) {
        const presence = presences.get(track);
        presences.delete(track);
        if (!presence) continue;
        if (presence.inside) {
          events.push(...leave(presence, ptsMs, false));
          latest ??= presence.last;
        }
        paths.end(track);
      }
      return [...events, ...occupancy(ptsMs, latest)];
    },
    quietMs: (moving, horizonMs) =>
      quietBefore(
        sides,
        moving.filter((m) => presences.has(m.track) || selects(m)),
        horizonMs,
      ),
  };
}
