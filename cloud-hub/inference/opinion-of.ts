/** A sample and what was found on it ⇒ the opinion that is stored; an opinion ⇒ the verdict that is sent. Pure. */
import type { Detection } from '../../shared/contract/messages/preview.ts';
import { MAX_SAMPLE_OBJECTS } from '../../shared/contract/messages/sample.ts';
import type { Verdict } from '../../shared/contract/messages/verdict.ts';
import type { Box } from '../../shared/contract/names.ts';
import type { Opinion } from '../contract/opinion.ts';
import type { NewOpinion } from '../store/opinions.ts';
import { modelText } from '../store/rows.ts';
import type { Judgement } from './judge.ts';
import type { OpenedSample } from './open-sample.ts';

/** A box in fractions of the picture, as one of the source frame. */
export function inSource([x, y, w, h]: Box, [left, top, width, height]: Box): Box {
  return [left + x * width, top + y * height, w * width, h * height];
}

const plain = ({ label, score, box, track }: Detection): Detection => ({
  label,
  score,
  box,
  ...(track === undefined ? {} : { track }),
});

/** Only keys that we know are kept: what a device adds would be stored for ever. */
export function opinionOf(
  device: string,
  { header }: OpenedSample,
  { outcome, label, score }: Judgement,
  seen: readonly Detection[],
  {
    model,
    ms,
    bytes,
    at,
  }: { readonly model: string; readonly ms: number; readonly bytes: number; readonly at: number },
): NewOpinion {
  const { stream, id, chosenBy, event, objects, threshold, thresholds, floor, model: edgeModel } = header;
  const known = event && {
    rule: event.rule,
    ruleKind: event.ruleKind,
    action: event.action,
    label: event.label,
    score: event.score,
    ...(event.box ? { box: event.box } : {}),
    ...(event.count === undefined ? {} : { count: event.count }),
  };
  return {
    device,
    stream,
    sample: id,
    receivedAt: at,
    outcome,
    chosenBy: [...chosenBy],
    ...(known ? { event: known } : {}),
    edge: {
      ...(edgeModel ? { model: modelText(edgeModel) } : {}),
      threshold,
      ...(thresholds ? { thresholds } : {}),
      ...(floor === undefined ? {} : { floor }),
      objects: objects.map(plain),
    },
    hub: {
      model,
      ...(label === undefined ? {} : { label }),
      ...(score === undefined ? {} : { score }),
      objects: seen.slice(0, MAX_SAMPLE_OBJECTS).map(plain),
    },
    bytes,
    ms: Math.round(ms * 10) / 10,
  };
}

export function verdictOf({ sample, stream, outcome, hub }: Opinion): Verdict {
  const { model, label, score, objects } = hub;
  return {
    sample,
    stream,
    outcome,
    ...(label === undefined ? {} : { label }),
    ...(score === undefined ? {} : { score }),
    objects,
    model,
  };
}
