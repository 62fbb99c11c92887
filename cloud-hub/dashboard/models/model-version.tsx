import type { ComponentChildren } from 'preact';
import type { Model } from '../../contract/model.ts';
import { Link } from '../navigation/link.tsx';
import { bytes, short, shortDigest, whole } from '../ui/format.ts';
import { Time } from '../ui/time.tsx';
import { type Uses, whyKept } from './model-uses.ts';

interface ModelVersionProps {
  readonly model: Model;
  readonly uses: Uses | undefined;
  readonly mayOperate: boolean;
  readonly onAlias: () => void;
  readonly onDelete: () => void;
}

/** One version of a model: what it is, where it runs, what may be done with it. */
export function ModelVersion({ model, uses, mayOperate, onAlias, onDelete }: ModelVersionProps) {
  const name = `${model.name}@${model.version}`;
  const hindrance = whyKept(model, uses);
  return (
    <li class="version" data-testid="model" data-name={name}>
      <div class="version-head">
        <strong class="num">{model.version}</strong>
        {model.aliases.map((alias) => (
          <span key={alias} class="pill accent" title={`Alias ${model.name}:${alias}`}>
            {alias}
          </span>
        ))}
        {model.signed ? (
          <span class="pill good" title="It is listed in the signed metadata, so devices can install it">
            ✓ signed
          </span>
        ) : (
          <span class="pill warn" title={`Devices refuse it until it is signed: vedette-hub keys sign ${name}`}>
            ! not signed
          </span>
        )}
        <span class="spacer" />
        {mayOperate && (
          <>
            {model.signed && (
              <Link class="button small" to={{ page: 'rollouts', create: name }}>
                Roll out…
              </Link>
            )}
            <button type="button" class="button small" aria-label={`Aliases of ${name}`} onClick={onAlias}>
              Aliases…
            </button>
            <button
              type="button"
              class="button small quiet"
              aria-label={`Delete ${name}`}
              disabled={hindrance !== undefined}
              title={hindrance ?? 'Nothing uses it'}
              onClick={onDelete}
            >
              Delete…
            </button>
          </>
        )}
      </div>
      <dl class="version-facts">
        <Fact title="Package">
          {bytes(model.bytes)} <code title={model.digest}>{shortDigest(model.digest)}</code>
        </Fact>
        <Fact title="Variants">
          {model.variants.map(({ precision, file }) => (
            <span key={file} class="pill" title={file}>
              {precision}
            </span>
          ))}
        </Fact>
        <Fact title="Uploaded">
          <Time at={model.createdAt} /> by {model.createdBy}
        </Fact>
        <Fact title="Used by">
          <UsedBy uses={uses} />
        </Fact>
        <Fact title="Metrics">
          {Object.entries(model.metrics).map(([key, value]) => (
            <span key={key} class="pill">
              {key} <b class="num">{short(value)}</b>
            </span>
          ))}
        </Fact>
        <Fact title="Labels">
          {Object.entries(model.labels).map(([key, value]) => (
            <span key={key} class="pill">
              {key}={value}
            </span>
          ))}
        </Fact>
      </dl>
    </li>
  );
}

function Fact({ title, children }: { title: string; children: ComponentChildren }) {
  if (Array.isArray(children) && children.length === 0) return null;
  return (
    <div>
      <dt>{title}</dt>
      <dd>{children}</dd>
    </div>
  );
}

const slotWords = [
  ['active', 'active on'],
  ['candidate', 'candidate on'],
  ['previous', 'kept for rollback on'],
] as const;

function UsedBy({ uses }: { uses: Uses | undefined }) {
  const slots = slotWords.filter(([slot]) => (uses?.[slot].length ?? 0) > 0);
  if (!uses || (slots.length === 0 && uses.rollouts.length === 0)) return <span class="faint">nothing</span>;
  return (
    <span class="uses">
      {slots.map(([slot, words]) => {
        const [first = '', ...others] = uses[slot];
        return (
          <span key={slot} title={uses[slot].slice(0, 50).join(', ')}>
            {words}{' '}
            {others.length === 0 ? (
              <Link to={{ page: 'device', device: first }}>{first}</Link>
            ) : (
              `${whole(uses[slot].length)} devices`
            )}
          </span>
        );
      })}
      {uses.rollouts.map((id) => (
        <span key={id}>
          rollout <Link to={{ page: 'rollout', id }}>{id}</Link>
        </span>
      ))}
    </span>
  );
}
