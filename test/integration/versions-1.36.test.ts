/** The newest tested Kubernetes, whose API server streams lists. Everything else under test/ runs on it as well. */
import { putToVersion } from '../support/version-cases.ts';

await putToVersion({ kubernetes: '1.36', streamsLists: true });
