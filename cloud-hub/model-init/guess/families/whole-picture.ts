/** Models that say one thing of the whole picture. */
import { shapeText } from '../../../../shared/engine/package/check.ts';
import { type Family, IMAGENET, SIGNED, sizesOf, UNIT } from './family.ts';

/** More values than this are no classes, if nobody names them. */
const MOST_CLASSES = 30_000;

/** One output with one value per label. */
export const classifier: Family = {
  name: 'a classifier',
  recognise({ outputs, facts, labels: named }) {
    const [output, ...others] = outputs;
    const [count = 0, ...more] = sizesOf(output).filter((size) => size !== 1);
    if (!output || others.length > 0 || more.length > 0 || count < 2 || count > MOST_CLASSES) return undefined;
    const softmax = !facts.operators.has('Softmax') && !facts.operators.has('Sigmoid');
    const { ultralytics, task } = facts.hints;
    const pixels = ultralytics ? UNIT : facts.image?.layout === 'nhwc' ? SIGNED : IMAGENET;
    return {
      task: 'classify',
      head: { kind: 'classify', ...(softmax ? { softmax } : {}) },
      why:
        `${shapeText(output)} in "${output.name}": one value for each of ${count} labels` +
        (softmax ? ', which are logits, for the graph has no Softmax' : ''),
      sure: task === 'classify' || count === 1000 || count === named,
      labels: count,
      pixels: { color: 'rgb', resize: 'stretch', ...pixels },
      fedLike: ultralytics ? 'Ultralytics (which cuts the middle out instead of stretching)' : 'most classifiers',
      threshold: 0.3,
    };
  },
};

/** Anything with one output: its values as they are. */
export const vector: Family = {
  name: 'values as they are',
  recognise({ outputs }) {
    const [output, ...others] = outputs;
    if (!output || others.length > 0) return undefined;
    return {
      task: 'embed',
      head: { kind: 'raw', output: output.name },
      why: `${shapeText(output)} in "${output.name}", which is the layout of no detector or classifier known here`,
      sure: false,
      labels: undefined,
      named: ['value'],
      pixels: { color: 'rgb', resize: 'stretch', ...IMAGENET },
      fedLike: 'most models',
      threshold: 0.3,
    };
  },
};
