/**
 * A candidate for leadership as a process of its own, to be killed and frozen: `node leader-candidate.ts KUBECONFIG
 * IDENTITY TIMES`. Says what happens as lines of JSON, and, every 5 ms while its term is valid, that it acts.
 */
import { connect } from '../../internal/kubernetes/connection.ts';
import { LeaderElector, type LeaderTimes } from '../../internal/kubernetes/leader.ts';
import { systemClock } from '../../internal/platform/clock.ts';
import { silentLogger } from '../../internal/platform/log.ts';
import { systemRandom } from '../../internal/platform/random.ts';

const [kubeconfig = '', identity = '', times = '{}'] = process.argv.slice(2);
const clock = systemClock();
const logger = silentLogger();
const say = (what: string): boolean => process.stdout.write(`${JSON.stringify({ what, atMs: Date.now() })}\n`);
const connection = connect({ kubeconfig, env: {}, qps: 0, burst: 0, userAgent: 'test' }, { clock, logger });
const elector = new LeaderElector({
  lease: { namespace: 'default', name: 'watcher-leader-lock' },
  identity,
  transport: connection.urgent,
  clock,
  random: systemRandom(),
  logger,
  times: JSON.parse(times) as Partial<LeaderTimes>,
  events: {
    onStartedLeading: () => say('leads'),
    onStoppedLeading: (reason) => say(`stopped: ${reason}`),
    onNewLeader: (leader) => say(`sees ${leader}`),
  },
});
elector.start();
setInterval(() => {
  if (elector.term?.isValid() === true) say('acts');
}, 5);
process.once('SIGTERM', () => void elector.stop().then(() => process.exit(0)));
