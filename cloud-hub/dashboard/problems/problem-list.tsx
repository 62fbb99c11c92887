import type { Problem } from '../../contract/problem.ts';
import { Link } from '../navigation/link.tsx';
import { whole } from '../ui/format.ts';
import { Time } from '../ui/time.tsx';

/** Error and loss records, newest first. */
export function ProblemList({ problems, withDevice = false }: { problems: readonly Problem[]; withDevice?: boolean }) {
  return (
    <ul class="problems">
      {problems.map((problem) => (
        <li key={problem.id} data-testid="problem" data-code={problem.code}>
          <span class={`pill ${problem.kind === 'loss' ? 'bad' : 'warn'}`}>{problem.kind}</span>
          <div class="problem-text">
            <p>
              <code>{problem.code}</code>
              {problem.count > 1 && <span class="num muted"> × {whole(problem.count)}</span>}
              <span class="faint">
                {withDevice && (
                  <>
                    {' · '}
                    <Link to={{ page: 'device', device: problem.device }}>{problem.device}</Link>
                  </>
                )}
                {problem.stream && ` · ${problem.stream}`}
              </span>
            </p>
            <p class="muted message">{problem.message}</p>
          </div>
          <Time at={problem.at} />
        </li>
      ))}
    </ul>
  );
}
