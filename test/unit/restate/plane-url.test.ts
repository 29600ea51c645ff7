import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { planeAddress, planePath } from '../../../internal/restate/plane-url.ts';

const target = ['ProjectService', 'team/a', 'onPodEvents'];

const paths: readonly (readonly [string, string, 'call' | 'send', string])[] = [
  ['http://plane:8080', '', 'call', '/ProjectService/team%2Fa/onPodEvents'],
  ['http://plane:8080/', '', 'send', '/ProjectService/team%2Fa/onPodEvents/send'],
  ['https://edge/base/', '', 'call', '/base/ProjectService/team%2Fa/onPodEvents'],
  ['http://plane', '/restate/call', 'call', '/restate/call/ProjectService/team%2Fa/onPodEvents'],
  ['http://plane', 'restate/call/', 'send', '/restate/send/ProjectService/team%2Fa/onPodEvents'],
  ['https://edge/base', '/restate/call', 'send', '/base/restate/send/ProjectService/team%2Fa/onPodEvents'],
];

describe('the path of a handler', () => {
  for (const [url, prefix, mode, expected] of paths) {
    test(`${mode} at ${url} with prefix '${prefix}' is ${expected}`, () => {
      assert.equal(planePath(planeAddress(url, prefix), target, mode), expected);
    });
  }
});

describe('a URL that is none of a plane', () => {
  for (const url of [
    '',
    'plane:8080',
    'ftp://plane',
    'http://user:secret@plane',
    'http://plane/?a=1',
    'http://plane/#a',
  ]) {
    test(`'${url}' is refused without repeating it`, () => {
      assert.throws(
        () => planeAddress(url),
        (error: Error) => {
          assert.match(error.message, /^PLANE_URL_INVALID/);
          return !error.message.includes('secret');
        },
      );
    });
  }
});
