import type { HybridStream } from '../../contract/opinion.ts';
import { Link } from '../navigation/link.tsx';
import { bytes, short, whole } from '../ui/format.ts';
import { agreementText } from './hybrid-state.ts';

/** What second opinions said and cost, a row per stream. */
export function StreamTable({ streams }: { streams: readonly HybridStream[] }) {
  return (
    <section class="panel" aria-label="Streams that ask">
      <header class="panel-head">
        <h2>Streams that ask</h2>
        <span class="muted num">{whole(streams.length)}</span>
      </header>
      <div class="scroll">
        <table class="figures">
          <thead>
            <tr>
              <th scope="col">stream</th>
              <th scope="col">samples</th>
              <th scope="col">uplink</th>
              <th scope="col" title="that the hub computed">
                hub
              </th>
              <th scope="col">confirmed</th>
              <th scope="col">changed</th>
              <th scope="col">withdrawn</th>
              <th scope="col" title="random frames in which hub and edge see the same, with the 95 % interval">
                agreement
              </th>
            </tr>
          </thead>
          <tbody>
            {streams.map((stream) => (
              <StreamRow key={`${stream.device}/${stream.stream}`} stream={stream} />
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function StreamRow({ stream }: { stream: HybridStream }) {
  const { device, stream: id, samples, hubMs, confirmed, changed, withdrawn } = stream;
  const events = (n: number, opinion: 'confirmed' | 'changed' | 'withdrawn') =>
    n === 0 ? '0' : <Link to={{ page: 'events', filter: { device, stream: id, opinion } }}>{whole(n)}</Link>;
  return (
    <tr data-testid="hybrid-stream" data-device={device} data-stream={id}>
      <th scope="row">
        <Link to={{ page: 'device', device, stream: id }}>{`${device} / ${id}`}</Link>
      </th>
      <td class="num">{whole(samples)}</td>
      <td class="num">{bytes(stream.bytes)}</td>
      <td class="num">{`${short(hubMs / 1000)} s`}</td>
      <td class="num">{events(confirmed, 'confirmed')}</td>
      <td class="num">{events(changed, 'changed')}</td>
      <td class="num">{events(withdrawn, 'withdrawn')}</td>
      <td class="num">{agreementText(stream) ?? <span class="faint">no random frame yet</span>}</td>
    </tr>
  );
}
