// Users of a test cluster: what goes into the token file and what can't.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { kubeconfig, knownUsers } from '../../cluster/control-plane/credentials.ts';
import { choosePodNetwork, chooseServiceNetwork } from '../../cluster/node/network.ts';

test('the administrator is first, and every user has a token of its own', () => {
  const users = knownUsers([{ user: 'reader' }, { user: 'writer', token: 'mine', groups: ['g'] }]);
  assert.deepEqual(
    users.map((one) => [one.user, one.groups]),
    [
      ['admin', ['system:masters']],
      ['reader', []],
      ['writer', ['g']],
    ],
  );
  assert.equal(users[2]!.token, 'mine');
  assert.equal(new Set(users.map((one) => one.token)).size, 3);
});

test('a name that would change the meaning of the token file is refused', () => {
  const hostile = ['a,b', 'a"b', 'a\nroot,root,0,"system:masters"'];
  for (const user of hostile) assert.throws(() => knownUsers([{ user }]), /not possible in a token file/);
  assert.throws(() => knownUsers([{ user: 'a', groups: ['x,system:masters'] }]));
});

test('a kubeconfig names the server, its CA and the token', () => {
  const text = kubeconfig({ url: 'https://127.0.0.1:1', caFile: '/ca' }, { user: 'u', token: 't' });
  assert.match(text, /"server": "https:\/\/127\.0\.0\.1:1"/);
  assert.match(text, /"certificate-authority": "\/ca"/);
  assert.match(text, /"token": "t"/);
});

test('a pod network avoids the subnets in use and has a short bridge name', () => {
  const taken = Array.from({ length: 255 }, (_, index) =>
    Array.from({ length: 256 }, (__, low) => `10.${index}.${low}.1`),
  );
  const network = choosePodNetwork('0a1b2c3d', taken.flat());
  assert.match(network.gateway, /^10\.255\.\d+\.1$/);
  assert.ok(network.bridge.length <= 15, 'longer names are refused by the kernel (IFNAMSIZ)');
});

test('addresses of Services are none that the machine has, and none that pods may get', () => {
  const taken = Array.from({ length: 63 }, (_, index) =>
    Array.from({ length: 256 }, (__, low) => `10.${64 + index}.${low}.7`),
  );
  const { range, first } = chooseServiceNetwork(taken.flat());
  assert.match(range, /^10\.127\.\d+\.0\/24$/);
  assert.equal(first, range.replace('.0/24', '.1'));
});
