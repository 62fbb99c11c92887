import type { AskingStream } from '../../contract/opinion.ts';
import { Link } from '../navigation/link.tsx';
import { whole } from '../ui/format.ts';
import { unsentRows } from './hybrid-state.ts';

/** What streams chose and what became of it, as their devices say: what was not sent has its reason. */
export function UnsentTable({ streams }: { streams: readonly AskingStream[] }) {
  return (
    <section class="panel" aria-label="Chosen, sent and not sent">
      <header class="panel-head">
        <h2>Chosen, sent and not sent</h2>
        <span class="muted">since the data folder of each device was made</span>
      </header>
      <div class="scroll">
        <table class="figures">
          <thead>
            <tr>
              <th scope="col">stream</th>
              <th scope="col">chosen</th>
              <th scope="col" title="also those that were sent again">
                sent
              </th>
              <th scope="col" title="by the hub">
                refused
              </th>
              <th scope="col">not sent, by reason</th>
            </tr>
          </thead>
          <tbody>
            {streams.map((stream) => (
              <UnsentRowOf key={`${stream.device}/${stream.stream}`} stream={stream} />
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function UnsentRowOf({ stream }: { stream: AskingStream }) {
  const { device, stream: id, chosen, sent, refused } = stream;
  const rows = unsentRows(stream);
  return (
    <tr data-testid="hybrid-unsent" data-device={device} data-stream={id}>
      <th scope="row">
        <Link to={{ page: 'device', device, stream: id }}>{`${device} / ${id}`}</Link>
      </th>
      <td class="num">{whole(chosen)}</td>
      <td class="num">{whole(sent)}</td>
      <td class="num">{whole(refused)}</td>
      <td>
        {rows.length === 0 && <span class="faint">nothing was held back</span>}
        {rows.map(({ reason, meaning, count }) => (
          <span key={reason} class="unsent">
            <span class="pill" title={meaning}>{`${reason} ${whole(count)}`}</span>{' '}
          </span>
        ))}
      </td>
    </tr>
  );
}
