// The same promises of the ingress on the real Restate server and on the scripted one that stands in for it in fast tests.
import { ingressCases, type IngressUnderTest } from './restate-ingress-cases.ts';
import { startProbeEndpoint } from '../support/probe-endpoint.ts';
import { skipWithoutRestate } from '../support/restate-server-binary.ts';
import { startRestateServer } from '../support/restate-server.ts';
import { startScriptedIngress } from '../support/scripted-ingress.ts';

const BODY_LIMIT_BYTES = 1024 * 1024;

async function startReal(): Promise<IngressUnderTest> {
  const limit = { RESTATE_INGRESS__REQUEST_SIZE_LIMIT: String(BODY_LIMIT_BYTES) };
  const [restate, endpoint] = await Promise.all([startRestateServer({ settings: limit }), startProbeEndpoint()]);
  const stop = async (): Promise<void> => {
    await restate.stop();
    await endpoint.stop();
  };
  const registered = await fetch(`${restate.adminUrl}/deployments`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ uri: endpoint.url }),
  });
  if (registered.status !== 201) {
    await stop();
    throw new Error(`the probe could not be registered: ${registered.status} ${await registered.text()}`);
  }
  return { url: restate.ingressUrl, stop };
}

ingressCases('the ingress of the real Restate server', startReal, skipWithoutRestate());
ingressCases('the scripted ingress', () => startScriptedIngress({ bodyLimitBytes: BODY_LIMIT_BYTES }));
