/** The logs of devices: values at their bounds, and beyond them. */
import { logLevels } from '../../../shared/contract/messages/log.ts';
import type { Bounds } from './bounds-table.ts';

const level: Bounds = { good: logLevels, bad: ['', 'fatal', 'Debug', 1, null] };

export const logParameters: Readonly<Record<string, Bounds>> = {
  after: {
    good: ['0', '1', '9007199254740991'],
    bad: ['', '-1', '1.5', '01', '0x1', 'x', '9007199254740992', '1'.repeat(257)],
  },
  level: { good: logLevels, bad: ['', 'fatal', 'Warn'] },
  component: { good: ['agent', 'sync', 'api'], bad: ['', 'Sync', 'pump'] },
};

export const logBodies = {
  'PUT /api/v1/devices/{device}/log-levels': {
    body: { levels: { sync: 'debug' }, seconds: 60 },
    fields: {
      levels: { good: [{ agent: 'info' }], bad: [null, {}, { pump: 'debug' }, 'debug'], required: true as const },
      'levels.*': level,
      seconds: { good: [1, 604_800], bad: [0, -1, 604_801, '60', null], required: true as const },
    },
    open: ['levels'],
  },
};
