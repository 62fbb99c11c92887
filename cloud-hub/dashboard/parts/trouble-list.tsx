import type { Trouble } from '../../api/schemas/api.ts';
import { whole } from '../state/format.ts';
import { Link } from './link.tsx';
import { Time } from './time.tsx';

/** Error and loss records, newest first. */
export function TroubleList({ troubles, withDevice = false }: { troubles: readonly Trouble[]; withDevice?: boolean }) {
  return (
    <ul class="troubles">
      {troubles.map((trouble) => (
        <li key={trouble.id} data-testid="trouble" data-code={trouble.code}>
          <span class={`pill ${trouble.kind === 'loss' ? 'bad' : 'warn'}`}>{trouble.kind}</span>
          <div class="trouble-text">
            <p>
              <code>{trouble.code}</code>
              {trouble.count > 1 && <span class="num muted"> × {whole(trouble.count)}</span>}
              <span class="faint">
                {withDevice && (
                  <>
                    {' · '}
                    <Link to={{ page: 'device', device: trouble.device }}>{trouble.device}</Link>
                  </>
                )}
                {trouble.stream && ` · ${trouble.stream}`}
              </span>
            </p>
            <p class="muted message">{trouble.message}</p>
          </div>
          <Time at={trouble.at} />
        </li>
      ))}
    </ul>
  );
}
