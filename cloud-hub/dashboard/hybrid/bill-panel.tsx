import { useId, useState } from 'preact/hooks';
import type { HybridStream } from '../../contract/opinion.ts';
import { bytes, percent, short, span, whole } from '../ui/format.ts';
import { billOf, type Cost, type Prices } from './bill.ts';
import { keepPrices, MAX_PRICE, priceIn, readPrices } from './prices.ts';

const storage = () => window.localStorage;

/** What was sent and computed, beside what every frame would have taken, at the reader's own prices. */
export function BillPanel({ streams }: { streams: readonly HybridStream[] }) {
  const [prices, setPrices] = useState<Prices>(() => readPrices(storage));
  const { sent, everyFrame, share } = billOf(streams, prices);
  const change = (part: Partial<Prices>) => {
    const chosen = { ...prices, ...part };
    setPrices(chosen);
    keepPrices(storage, chosen);
  };
  return (
    <section class="panel hybrid-bill" aria-label="The bill" data-testid="hybrid-bill">
      <header class="panel-head">
        <h2>The bill</h2>
        {share !== undefined && <span class="muted num">{`${percentOf(share)} of the frames were sent`}</span>}
      </header>
      <div class="scroll">
        <table class="figures">
          <thead>
            <tr>
              <th scope="col">since the first sample</th>
              <th scope="col">samples</th>
              <th scope="col">uplink</th>
              <th scope="col">hub computed</th>
              <th scope="col">costs</th>
            </tr>
          </thead>
          <tbody>
            <Row title="What was sent" cost={sent} />
            {everyFrame && <Row title="Every frame instead" cost={everyFrame} />}
          </tbody>
        </table>
      </div>
      <div class="prices">
        <Price label="Price per GB of uplink" value={prices.perGb} onChange={(perGb) => change({ perGb })} />
        <Price
          label="Price per hour of the hub"
          value={prices.perHubHour}
          onChange={(perHubHour) => change({ perHubHour })}
        />
        <p class="muted">
          Costs = GB × price per GB + hours computed × price per hour. “Every frame” takes the mean size and time of the
          samples for each frame that was analysed. Prices stay in this browser.
        </p>
      </div>
    </section>
  );
}

/** A small share with its digits: 0.4% is not 0%. */
const percentOf = (share: number) => (share < 0.1 ? `${short(share * 100)}%` : percent(share));

function Row({ title, cost }: { title: string; cost: Cost }) {
  return (
    <tr>
      <th scope="row">{title}</th>
      <td class="num">{whole(cost.samples)}</td>
      <td class="num">{bytes(cost.bytes)}</td>
      <td class="num">{cost.hubMs < 10_000 ? `${short(cost.hubMs / 1000)} s` : span(cost.hubMs)}</td>
      <td class="num">{short(cost.price)}</td>
    </tr>
  );
}

function Price({ label, value, onChange }: { label: string; value: number; onChange: (price: number) => void }) {
  const id = useId();
  return (
    <label class="field" for={id}>
      <span class="muted">{label}</span>
      <input
        id={id}
        type="number"
        min={0}
        max={MAX_PRICE}
        step="any"
        value={value}
        onInput={(event) => {
          const price = priceIn(event.currentTarget.value);
          if (price !== undefined) onChange(price);
        }}
      />
    </label>
  );
}
