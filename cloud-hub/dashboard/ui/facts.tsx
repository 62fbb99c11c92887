import type { ComponentChildren } from 'preact';

/** Names and values; what has no value is left out. */
export function Facts({ facts }: { facts: readonly (readonly [string, ComponentChildren])[] }) {
  const given = facts.filter(([, value]) => value !== undefined && value !== '' && value !== null);
  return (
    <dl class="facts">
      {given.map(([key, value]) => (
        <div key={key}>
          <dt>{key}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
