/**
 * Whether edge and hub speak of the same things. The setting `secondOpinionLabels` says which label of the hub's model means which of the
 * edge: `car=vehicle,truck=vehicle`. A label may mean several, and several may mean one; one that is not named means itself. Of several
 * models, pairs are those of the first, or of the one that stands before them: `plates:eu-plate=plate`. Pure.
 */
import type { Detection } from '../../shared/contract/messages/preview.ts';
import type { SampleHeader } from '../../shared/contract/messages/sample.ts';
import { iou } from '../../shared/kit/iou.ts';

export interface LabelMap {
  /** Why the mapping does not fit the model, with the labels that it has; undefined: it does. */
  problemWith(model: string, labels: readonly string[]): string | undefined;
  /** Why a sample cannot be compared, with the labels of both sides; undefined: it can. */
  foreign(header: SampleHeader, model: string, labels: readonly string[]): string | undefined;
  /** The hub's objects in the labels of the edge. */
  translate(header: SampleHeader, seen: readonly Detection[]): readonly Detection[];
}

const SETTING = '--second-opinion-labels';
/** Labels in a message; a model may have a thousand. */
const SHOWN = 20;

/**
 * The pairs of one of several models.
 * @param models NAME:ALIAS or NAME@VERSION, the one for all others first
 */
export function pairsOf(pairs: readonly string[], models: readonly string[], model: string): string[] {
  const names = models.map(nameOf);
  return pairs.flatMap((pair) => {
    const named = names.find((name) => pair.startsWith(`${name}:`));
    if (named === undefined) return model === models[0] ? [pair] : [];
    return named === nameOf(model) ? [pair.slice(named.length + 1)] : [];
  });
}

const nameOf = (model: string) => model.split(/[:@]/, 1)[0] ?? model;

/** @param pairs MODEL=EDGE, each as the setting has it */
export function createLabelMap(pairs: readonly string[]): LabelMap {
  const meanings = new Map<string, string[]>();
  for (const pair of pairs) {
    const [own = '', edge = ''] = pair.split('=');
    meanings.set(own, [...(meanings.get(own) ?? []), edge]);
  }
  const meaningsOf = (label: string): readonly string[] => meanings.get(label) ?? [label];

  return {
    problemWith(model, labels) {
      const unknown = [...meanings.keys()].filter((label) => !labels.includes(label));
      if (unknown.length === 0) return undefined;
      return `${SETTING}: ${model} has no label ${list(unknown)}; its labels are ${list(labels)}`;
    },

    foreign({ event, labels: edge }, model, labels) {
      const known = new Set(labels.flatMap(meaningsOf));
      const isCommon = event ? known.has(event.label) : !edge || edge.some((label) => known.has(label));
      if (isCommon) return undefined;
      const has = event ? `has no label "${event.label}"` : "has none of the edge's labels";
      const sides = `labels of the edge: ${edge ? list(edge) : list(event ? [event.label] : [])}; of the hub's model: ${list(labels)}`;
      return `${model} ${has}. ${sides}. Say which are the same: ${SETTING} MODEL=EDGE,… of the hub`;
    },

    translate({ event, objects }, seen) {
      return seen.map((object) => {
        const meant = meaningsOf(object.label);
        const label = meant.find((one) => one === event?.label) ?? nearest(object, objects, meant) ?? meant[0];
        return label === undefined || label === object.label ? object : { ...object, label };
      });
    },
  };
}

/** Of several meanings, that of the edge's object that lies there. */
function nearest(object: Detection, edge: readonly Detection[], meant: readonly string[]): string | undefined {
  if (meant.length < 2) return undefined;
  return edge
    .filter(({ label }) => meant.includes(label))
    .map(({ label, box }) => ({ label, overlap: iou(box, object.box) }))
    .filter(({ overlap }) => overlap > 0)
    .toSorted((a, b) => b.overlap - a.overlap)[0]?.label;
}

function list(labels: readonly string[]): string {
  const shown = labels.slice(0, SHOWN).map((label) => `"${label}"`);
  const more = labels.length - shown.length;
  return more > 0 ? `${shown.join(', ')} and ${more} more` : shown.join(', ');
}
