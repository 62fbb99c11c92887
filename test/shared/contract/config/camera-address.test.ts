import { expect, test } from 'vitest';
import { sourceConfig } from '../../../../shared/contract/config/source.ts';

const faultOf = (url: string) =>
  sourceConfig.safeParse({ url }).error?.issues.map(({ path, message }) => [path[0], message]);

test.each([
  'rtsp://admin:pa#ss/1?@127.0.0.1:1/live',
  'rtsp://admin:pa/ss@127.0.0.1:1/live',
  'http://admin:12?34@cam.example/snap.jpg',
  'rtsps://admin:1/2@10.0.0.2',
])('%s: what a password ends is named, with the two ways out', (url) => {
  expect(faultOf(url)).toEqual([
    ['url', expect.stringMatching(/percent-encode it .* or use `user` and `passwordFile`/)],
  ]);
});

test.each([
  'rtsp://admin:pa%23ss%2F1%3F@127.0.0.1:1/live',
  'rtsp://admin:p@ss@cam/live',
  'rtsp://cam:554/live@2',
  'rtsp://cam/user@example.com/live',
  'http://[fe80::1]:8080/live@10.0.0.1',
  'http://cam:8080/x#y',
])('%s may be meant as it stands', (url) => expect(faultOf(url)).toBeUndefined());

test.each(['http://cam/live.m3u8', 'https://cam:8443/a/LIVE.M3U8?token=x', 'http://cam/list.m3u#a'])(
  '%s is a playlist, and what to take instead is said',
  (url) => {
    expect(faultOf(url)).toEqual([['url', expect.stringMatching(/playlist \(HLS\).* RTSP address/)]]);
  },
);

test.each(['http://cam/m3u8', 'http://cam/x.m3u8.mp4', 'http://cam/snap?file=a.m3u8', './local.m3u8'])(
  '%s is no address of a playlist',
  (url) => expect(faultOf(url)).toBeUndefined(),
);
