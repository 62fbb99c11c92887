/** Thresholds of streams: values at their bounds, and beyond them. */
import type { Bounds } from './bounds-table.ts';

const share: Bounds = { good: [0, 0.5, 1], bad: [-0.001, 1.001, '1', null] };
const many = Object.fromEntries(Array.from({ length: 101 }, (_, i) => [`label-${i}`, 0.5]));
const route = '/api/v1/devices/{device}/streams/{stream}/thresholds';

export const thresholdBodies = {
  [`PUT ${route}`]: {
    body: { labels: { person: 0.5 }, model: 'yolox-nano@1.0.0' },
    fields: {
      labels: { good: [{}, { 'a person': 0.5 }], bad: [null, 1, { '': 0.5 }, many], required: true as const },
      'labels.*': share,
      model: { good: ['x', 'x'.repeat(160)], bad: ['x'.repeat(161), 1, null] },
    },
    open: ['labels'],
  },
  [`PUT ${route}/automatic`]: {
    body: { precision: 0.9, min: 0, max: 1, maxStep: 0.1 },
    fields: {
      precision: { good: [0.5, 0.999], bad: [0.499, 1, '0.9', null] },
      min: { ...share, required: true as const },
      max: { good: [0.5, 1], bad: [-0.001, 1.001, '1', null], required: true as const },
      maxStep: { good: [0.01, 1], bad: [0.009, 1.001, '0.1', null] },
    },
  },
};
