/**
 * `make scorecard`: the recordings of test/corpus, told again, beside what an operator should hear of them.
 *
 *   node tools/scorecard.ts [NAME ...]     `*` in a NAME is any text; none: all
 *
 * Exit code 1 where anything was missed, was false, or was silent for no reason that is known.
 */
import { matchesName } from '../test/corpus/pod-states.ts';
import { isPerfect, scoreOf, type Score } from '../test/corpus/score.ts';
import { scorecard } from '../test/corpus/scorecard.ts';
import { scenarios } from '../test/corpus/scenarios.ts';

const names = process.argv.slice(2);
const wanted = scenarios.filter(({ name }) => names.length === 0 || names.some((one) => matchesName(one, name)));
const scores: Score[] = [];
for (const scenario of wanted) scores.push(await scoreOf(scenario));
process.stdout.write(scorecard(scores));
process.exitCode = scores.length > 0 && scores.every(isPerfect) ? 0 : 1;
