/** `zone`: an object's foot enters or leaves a polygon. */
import type { ZoneRule } from '../../../shared/contract/config/rules.ts';
import type { Point } from '../../../shared/contract/names.ts';
import type { RuleEvent, RuleStage, Tracked } from '../stage.ts';
import { footOf, selector } from './select.ts';

interface Presence {
  inside: boolean;
  /** Frames in a row that say the opposite of `inside`. */
  against: number;
  last: Tracked;
}

/** A track that ends inside has left too, so that enters and leaves balance. `count` is how many are inside afterwards. */
export function createZoneRule(rule: ZoneRule): RuleStage {
  const selects = selector(rule);
  const presences = new Map<number, Presence>();

  const event = (action: 'enter' | 'leave', object: Tracked, visible: boolean): RuleEvent => ({
    rule: rule.name,
    ruleKind: 'zone',
    action,
    label: object.label,
    score: object.score,
    track: object.track,
    box: object.box,
    count: [...presences.values()].filter((p) => p.inside).length,
    snapshot: rule.snapshot && visible,
  });

  return {
    evaluate({ update: { tracked, ended } }) {
      const events: RuleEvent[] = [];
      for (const object of tracked) {
        const presence = presences.get(object.track) ?? { inside: false, against: 0, last: object };
        const known = presences.has(object.track);
        if (!known && !selects(object)) continue;
        presences.set(object.track, presence);
        presence.last = object;
        presence.against =
          insidePolygon(footOf(object.box), rule.points) === presence.inside ? 0 : presence.against + 1;
        if (presence.against < rule.frames) continue;
        presence.inside = !presence.inside;
        presence.against = 0;
        events.push(event(presence.inside ? 'enter' : 'leave', object, true));
      }
      for (const id of ended) {
        const presence = presences.get(id);
        presences.delete(id);
        if (presence?.inside) events.push(event('leave', presence.last, false));
      }
      return events;
    },
  };
}

/** Even-odd rule (Shimrat, "Algorithm 112: Position of point relative to polygon", CACM 1962). */
export function insidePolygon([x, y]: Point, polygon: readonly Point[]): boolean {
  let inside = false;
  let previous = polygon.at(-1);
  for (const corner of polygon) {
    if (previous && corner[1] > y !== previous[1] > y) {
      const crossing = corner[0] + ((previous[0] - corner[0]) * (y - corner[1])) / (previous[1] - corner[1]);
      if (x < crossing) inside = !inside;
    }
    previous = corner;
  }
  return inside;
}
