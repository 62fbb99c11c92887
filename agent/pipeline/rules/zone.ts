/** `zone`: an object's foot enters or leaves a polygon, stays in it (`dwell`), or many are in it at once (`occupied`). */
import type { ZoneRule } from '../../../shared/contract/config/rules.ts';
import { insidePolygon } from '../../../shared/kit/polygon.ts';
import type { RuleEvent, RuleStage, Tracked } from '../stage.ts';
import { quietBefore, sidesOf } from './foresight.ts';
import { createDebounce, createGap, type Debounced } from './hysteresis.ts';
import { createPaths } from './paths.ts';
import { footOf, selector } from './select.ts';

type Action = NonNullable<ZoneRule['actions']>[number];

interface Presence {
  readonly inside: Debounced;
  /** When it came in. */
  sinceMs: number;
  /** Has this stay's `enter` been told, its `dwell`? */
  entered: boolean;
  dwelt: boolean;
  last: Tracked;
}

/**
 * A track that ends inside has left too, so that enters and leaves balance. An enter or `occupied` that falls into the least
 * gap is told after it, if it still holds by then. `count` is how many are inside afterwards.
 */
export function createZoneRule(rule: ZoneRule): RuleStage {
  const selects = selector(rule);
  const gap = createGap(rule.minGapS);
  const paths = createPaths();
  const sides = sidesOf(rule.points);
  const presences = new Map<number, Presence>();
  const told = new Set<Action>(rule.actions ?? ['enter', 'leave', 'dwell', 'occupied', 'vacant']);
  const crowd = { sinceMs: undefined as number | undefined, told: false };
  const insiders = () => [...presences.values()].filter((p) => p.inside.value);

  const event = (action: Action, object: Tracked, visible: boolean): RuleEvent => {
    const { label, score, track, box } = object;
    const seen = { label, score, track, box, path: paths.of(track), snapshot: rule.snapshot && visible };
    return { rule: rule.name, ruleKind: rule.kind, action, count: insiders().length, ...seen };
  };

  const leave = (presence: Presence, ptsMs: number, visible: boolean): RuleEvent[] => {
    const due = told.has('leave') && (told.has('enter') ? presence.entered : gap('leave', ptsMs));
    presence.entered = false;
    presence.dwelt = false;
    return due ? [event('leave', presence.last, visible)] : [];
  };

  /** What became of one object in this frame. */
  const look = (presence: Presence, ptsMs: number): RuleEvent[] => {
    const changed = presence.inside.hear(insidePolygon(footOf(presence.last.box), rule.points));
    if (!presence.inside.value) return changed ? leave(presence, ptsMs, true) : [];
    if (changed) presence.sinceMs = ptsMs;
    const events: RuleEvent[] = [];
    if (told.has('enter') && !presence.entered && gap('enter', ptsMs)) {
      presence.entered = true;
      events.push(event('enter', presence.last, true));
    }
    const long = rule.dwellS !== undefined && ptsMs - presence.sinceMs >= rule.dwellS * 1000;
    if (told.has('dwell') && long && !presence.dwelt && gap('dwell', ptsMs)) {
      presence.dwelt = true;
      events.push(event('dwell', presence.last, true));
    }
    return events;
  };

  /** `occupied` and `vacant` tell of the one who came or went last; they belong to no single track. */
  const occupancy = (ptsMs: number, latest: Tracked | undefined): RuleEvent[] => {
    if (!rule.occupancy) return [];
    const many = insiders().length >= rule.occupancy.atLeast;
    crowd.sinceMs = many ? (crowd.sinceMs ?? ptsMs) : undefined;
    const long = crowd.sinceMs !== undefined && ptsMs - crowd.sinceMs >= rule.occupancy.forS * 1000;
    const action = !crowd.told && long ? 'occupied' : crowd.told && !many ? 'vacant' : undefined;
    if (!action || !latest || (action === 'occupied' && !gap(action, ptsMs))) return [];
    crowd.told = action === 'occupied';
    if (!told.has(action)) return [];
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
          inside: createDebounce(rule),
          sinceMs: ptsMs,
          entered: false,
          dwelt: false,
          last: object,
        };
        presences.set(object.track, presence);
        presence.last = object;
        paths.add(object.track, footOf(object.box));
        const wasInside = presence.inside.value;
        events.push(...look(presence, ptsMs));
        if (wasInside || presence.inside.value) latest = object;
      }
      for (const track of ended) {
        const presence = presences.get(track);
        presences.delete(track);
        if (!presence) continue;
        if (presence.inside.value) events.push(...leave(presence, ptsMs, false));
        latest ??= presence.last;
        paths.end(track);
      }
      return [...events, ...occupancy(ptsMs, latest ?? tracked[0])];
    },
    quietMs: (moving, horizonMs) =>
      quietBefore(
        sides,
        moving.filter((m) => presences.has(m.track) || selects(m)),
        horizonMs,
      ),
  };
}
