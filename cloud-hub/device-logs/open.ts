/** Puts the logs of devices together, over the data folder. */
import path from 'node:path';
import type { HubConfig } from '../config.ts';
import { type DeviceLogOptions, DeviceLogs } from './device-logs.ts';
import { LogFiles } from './files.ts';
import { DeviceLogOrders, type LevelOptions } from './levels.ts';

export const DEVICE_LOGS = 'device-logs';

const MB = 1_000_000;

export function openDeviceLogs({
  dataDir,
  config,
  ...options
}: Pick<DeviceLogOptions, 'metrics' | 'clock' | 'log'> &
  Pick<LevelOptions, 'send'> & { readonly dataDir: string; readonly config: HubConfig }) {
  const folder = path.join(dataDir, DEVICE_LOGS);
  const limits = {
    deviceBytes: config.deviceLogMb * MB,
    totalBytes: config.deviceLogsMb * MB,
    days: config.deviceLogDays,
  };
  const files = new LogFiles(folder, limits);
  return {
    files,
    intake: new DeviceLogs({ files, limits, ...options }),
    orders: new DeviceLogOrders({ folder, ...options }),
  };
}

export type OpenDeviceLogs = ReturnType<typeof openDeviceLogs>;
