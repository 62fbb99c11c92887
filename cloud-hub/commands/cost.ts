/** `vedette-hub cost …`: what the fleet costs, out of its own figures. */
import { type Command, InvalidArgumentError } from 'commander';
import { device } from '../contract/device.ts';
import type { CommandContext } from './context.ts';
import { type CostPrices, costReport, costText } from './cost-report.ts';
import { clientOf, type HubAccess, withHubAccess } from './hub-access.ts';

interface ReportFlags extends HubAccess, CostPrices {
  readonly years: number;
  readonly json?: boolean;
}

export function addCostCommands(program: Command, { clock, stdout }: CommandContext): void {
  const cost = program.command('cost').description('what second opinions cost, beside cloud-only: report');
  withHubAccess(
    cost
      .command('report')
      .description('total cost of ownership and pay-back, out of what the streams of this fleet sent and computed')
      .option('--per-gb <price>', 'price of 10⁹ bytes of uplink', amount, 1)
      .option('--per-hub-hour <price>', 'price of an hour in which the hub computes', amount, 0.2)
      .option('--per-box <price>', 'price of an edge box, once', amount, 150)
      .option('--box-watts <watts>', 'power of a box', amount, 8)
      .option('--per-kwh <price>', 'price of a kilowatt-hour', amount, 0.3)
      .option('--years <n>', 'time over which it is summed up', amount, 3)
      .option('--json', 'figures instead of a table')
      .addHelpText(
        'after',
        `
The prices are examples: give your own, in any one currency. The figures are of this fleet: samples, bytes and seconds since each stream's
first sample, and its rate of analysed frames. A share under "what if" is of these frames. Example:
  vedette-hub cost report --per-gb 4 --per-hub-hour 0.53 --per-box 220 --box-watts 12 --per-kwh 0.28`,
      ),
  ).action(async ({ years, json, ...flags }: ReportFlags) => {
    const client = clientOf(flags);
    const { streams } = await client.hybrid();
    const asking = new Set(streams.map((stream) => stream.device));
    let boxes = 0;
    for await (const { id } of client.pages('/devices', device, {})) if (asking.has(id)) boxes++;
    const report = costReport({ streams, boxes }, flags, clock.wall());
    stdout.write(json ? `${JSON.stringify(report)}\n` : costText(report, years));
  });
}

function amount(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !(value >= 0 && value <= 1e9)) throw new InvalidArgumentError('must be a number from 0.');
  return value;
}
