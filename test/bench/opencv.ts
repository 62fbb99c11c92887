/** `bench opencv`: frames a second against a Python script with OpenCV's DNN module (Debian package python3-opencv). */
import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { chooseVariant, readPackage } from '../../shared/engine/package/package.ts';
import { type Bench, median, range } from './bench.ts';
import { inferRate } from './infer-rate.ts';
import { material } from './material.ts';

const ROUNDS = 3;
const run = promisify(execFile);

export const opencv: Bench = {
  summary: '`infer` over a Python script with OpenCV DNN, one core and the whole box',
  async run(print) {
    const { model, clip } = await material(print);
    const pack = await readPackage(model);
    const { input, head } = pack.manifest;
    if (head.kind !== 'yolox' || !('width' in input)) {
      print('the peer knows only the YOLOX layout: it needs the development assets');
      return;
    }
    const file = path.join(model, chooseVariant(pack.manifest, 'auto').file);
    // dist/test/bench → test/bench: the script is not compiled
    const script = path.resolve(import.meta.dirname, '../../../test/bench/opencv_peer.py');
    const peer = async (threads: number): Promise<number> => {
      const args = [script, file, clip, String(input.width), String(threads)];
      const { stdout } = await run('/usr/bin/python3', args);
      const answer: unknown = JSON.parse(stdout);
      return typeof answer === 'object' && answer !== null ? Number(Reflect.get(answer, 'fps')) : Number.NaN;
    };
    const one: number[] = [];
    const box: number[] = [];
    for (let round = 1; round <= ROUNDS; round++) {
      const [slow, own] = [await peer(1), (await inferRate({ model, sources: [clip], runners: 1 })).fps];
      const [slowBox, ownBox] = [await peer(0), (await inferRate({ model, sources: [clip, clip], runners: 2 })).fps];
      one.push(own / slow);
      box.push(ownBox / slowBox);
      print(
        `round ${round}: one thread ${own.toFixed(1)} over ${slow.toFixed(1)}/s, whole box ${ownBox.toFixed(1)} over ${slowBox.toFixed(1)}/s`,
      );
    }
    print(`one inference thread each: median ${median(one).toFixed(2)} x (${range(one, 2)}); target 4`);
    print(`the whole box each: median ${median(box).toFixed(2)} x (${range(box, 2)}); target 4`);
  },
};
