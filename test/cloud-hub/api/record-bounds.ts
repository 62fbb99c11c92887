/** What people say of events: values at their bounds, and beyond them. */
export const recordBodies = {
  'PUT /api/v1/events/{id}/correction': {
    body: { verdict: 'other', label: 'dog' },
    fields: {
      verdict: { good: ['other'], bad: ['', 'maybe', 'Other', 1, null], required: true as const },
      label: { good: ['x', 'x'.repeat(128)], bad: ['', 'x'.repeat(129), 1, null] },
    },
  },
  'PUT /api/v1/events/{id}/hold': {
    body: { reason: 'case 7' },
    fields: {
      reason: { good: ['x', 'x'.repeat(256)], bad: ['', 'x'.repeat(257), 1, null], required: true as const },
    },
  },
};
