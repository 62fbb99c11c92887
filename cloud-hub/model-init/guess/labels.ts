/** The names of what a model finds: given, in its metadata, of a known set of that size, or placeholders. Pure. */
import { COCO_91_LABELS, COCO_LABELS } from '../../../shared/engine/labels/coco.ts';
import { IMAGENET_LABELS } from '../../../shared/engine/labels/imagenet.ts';
import { CodedError } from '../../../shared/kit/errors.ts';
import type { Reasoned } from './reason.ts';

/** Sets that people name. */
export const labelSets: Readonly<Record<string, readonly string[]>> = {
  coco: COCO_LABELS,
  coco91: COCO_91_LABELS,
  imagenet: IMAGENET_LABELS,
};

export interface GivenLabels {
  readonly labels: readonly string[];
  /** Where they come from, as people write it. */
  readonly from: string;
}

export interface LabelSources {
  /** By the owner of the model. */
  readonly given: GivenLabels | undefined;
  /** In the metadata of the file. */
  readonly metadata: readonly string[] | undefined;
  /** What the family finds, whoever trained it. */
  readonly family: readonly string[] | undefined;
  /** What most models of the family find. */
  readonly usual: readonly string[] | undefined;
  /** By the shapes; undefined where they do not show it. */
  readonly count: number | undefined;
}

/** @throws CodedError `model-invalid` where the names that were given are not as many as the graph has */
export function chooseLabels({ given, metadata, family, usual, count }: LabelSources): Reasoned<readonly string[]> {
  if (given) {
    if (count !== undefined && given.labels.length !== count) {
      const found = `--labels gives ${given.labels.length} labels (${given.from}), the graph has ${count}`;
      throw new CodedError('model-invalid', `${found}; one label per line, in the order of training`);
    }
    return { value: given.labels, sure: true, why: given.from };
  }
  if (metadata && (count ?? metadata.length) === metadata.length)
    return { value: metadata, sure: true, why: 'in the metadata of the file' };
  if (family) return { value: family, sure: true, why: 'what this family of models finds' };
  if (usual && count === undefined)
    return { value: usual, sure: false, why: 'what most models of this family find; give --labels FILE for another' };
  return bySize(count);
}

function bySize(count: number | undefined): Reasoned<readonly string[]> {
  const guess = (value: readonly string[], what: string) => ({
    value,
    sure: false,
    why: `the graph has ${value.length} labels, as ${what}; was it trained on something else, give --labels FILE`,
  });
  if (count === 80) return guess(COCO_LABELS, 'COCO has');
  if (count === 91) return guess(COCO_91_LABELS, "COCO's original numbering has");
  if (count === 90) return guess(COCO_91_LABELS.slice(1), "COCO's original numbering has, from 1");
  if (count === 1000) return guess(IMAGENET_LABELS, 'ImageNet has');
  if (count === 1001) return guess(['background', ...IMAGENET_LABELS], 'ImageNet has with a background');
  if (count === undefined)
    return {
      value: COCO_LABELS,
      sure: false,
      why: 'neither the shapes nor the metadata show how many labels there are; COCO is the most usual; give --labels FILE',
    };
  return {
    value: count === 1 ? ['object'] : Array.from({ length: count }, (_, i) => `class-${i}`),
    sure: false,
    why: `the graph has ${count} without names; give --labels FILE, one label per line in the order of training`,
  };
}
