/** The oldest supported Kubernetes, whose API server has streamed lists off. */
import { putToVersion } from '../support/version-cases.ts';

await putToVersion({ kubernetes: '1.33', streamsLists: false });
