/** The clock of most tests: it stands still, at the beginning of 2026 unless told otherwise, until the test moves it. */
import { DrivenClock } from '../../internal/platform/driven-clock.ts';

export class ManualClock extends DrivenClock {
  constructor(startMs: number = Date.parse('2026-01-01T00:00:00Z')) {
    super(startMs);
  }
}
