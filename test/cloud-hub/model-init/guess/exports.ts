/** Facts of a graph as an exporter leaves them, without a file. */
import { type Facts, factsOf } from '../../../../cloud-hub/model-init/guess/facts.ts';

type Shape = readonly (number | undefined)[];

export interface Exported {
  readonly input?: Shape;
  readonly type?: string;
  /** Inputs beside the picture, before it. */
  readonly more?: Readonly<Record<string, Shape>>;
  readonly outputs: Readonly<Record<string, Shape>>;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly operators?: readonly string[];
  readonly producer?: string;
  readonly weights?: readonly string[];
}

export function exported(what: Exported): Facts {
  const { input = [1, 3, 640, 640], type = 'float32', outputs, metadata = {}, operators = ['Conv'] } = what;
  return factsOf({
    inputs: [
      ...Object.entries(what.more ?? {}).map(([name, shape]) => ({ name, type: 'float32', shape })),
      { name: 'images', type, shape: input },
    ],
    outputs: Object.entries(outputs).map(([name, shape]) => ({ name, type: 'float32', shape })),
    metadata: new Map(Object.entries(metadata)),
    producer: what.producer ?? 'pytorch',
    operators: new Set(operators),
    weights: new Set(what.weights ?? ['float32']),
  });
}

/** `names` as Ultralytics writes them. */
export function names(count: number): string {
  return `{${Array.from({ length: count }, (_, i) => `${i}: 'thing ${i}'`).join(', ')}}`;
}

export const ULTRALYTICS = { author: 'Ultralytics', task: 'detect', imgsz: '[640, 640]', license: 'AGPL-3.0 License' };
