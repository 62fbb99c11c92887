import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Pending } from '../../../cloud-hub/home-assistant/pending.ts';

const topic = fc.constantFrom('a', 'b', 'c');
const payload = fc.constantFrom('1', '2');
type Step =
  | { readonly do: 'set'; readonly topic: string; readonly payload: string }
  | { readonly do: 'remove'; readonly topic: string }
  | { readonly do: 'seen'; readonly topic: string }
  | { readonly do: 'send' }
  | { readonly do: 'lose' };

test('whatever happens in between, what the broker keeps in the end is what is wanted', () => {
  const step: fc.Arbitrary<Step> = fc.oneof(
    fc.record({ do: fc.constant('set' as const), topic, payload }),
    fc.record({ do: fc.constant('remove' as const), topic }),
    fc.record({ do: fc.constant('seen' as const), topic }),
    fc.record({ do: fc.constant('send' as const) }),
    fc.record({ do: fc.constant('lose' as const) }),
  );
  fc.assert(
    fc.property(fc.array(step), fc.dictionary(topic, payload), (steps, before) => {
      const pending = new Pending();
      const broker = new Map<string, string>(Object.entries(before));
      const wanted = new Map<string, string>();
      const send = () => {
        const next = pending.next();
        if (!next) return false;
        if (next.payload === '') broker.delete(next.topic);
        else broker.set(next.topic, next.payload);
        pending.sent(next);
        return true;
      };
      for (const kept of broker.keys()) pending.seen(kept);
      for (const one of steps) {
        if (one.do === 'send') send();
        else if (one.do === 'lose') {
          // A new connection: what is wanted is set again.
          pending.forget();
          for (const [kept, value] of wanted) pending.set(kept, value);
        } else if (one.do === 'set') {
          wanted.set(one.topic, one.payload);
          pending.set(one.topic, one.payload);
        } else if (one.do === 'remove') {
          wanted.delete(one.topic);
          pending.remove(one.topic);
        } else if (one.do === 'seen') pending.seen(one.topic);
      }
      while (send());
      expect(broker).toEqual(wanted);
      expect(pending.size).toBe(0);
    }),
  );
});

test('what the broker has already is not sent, and what changes on its way is sent again', () => {
  const pending = new Pending();
  pending.set('a', '1');
  const first = pending.next();
  pending.set('a', '2');
  if (first) pending.sent(first);
  expect(pending.next()).toEqual({ topic: 'a', payload: '2' });
  pending.sent({ topic: 'a', payload: '2' });
  pending.set('a', '2');
  expect(pending.next()).toBeUndefined();
  pending.allow('b');
  pending.seen('b');
  expect(pending.next()).toBeUndefined();
});
