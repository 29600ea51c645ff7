/**
 * The rules of identity, delivery and failover, each with the test that holds it: what "no failure lost, none told
 * twice" rests on. test/unit/pipeline/identity.rules.test.ts sees to it that each of these tests is there, so a rule can't
 * lose its test unnoticed.
 */

/** A file below test/, without its ending, and the name of a test in it. */
export type HeldBy = readonly [file: string, test: string];

const identity = 'unit/pipeline/identity';
const model = 'model/identity.model';
const detect = 'unit/pipeline/detect';
const planned = 'unit/pipeline/detect-planned';
const dedupe = 'unit/pipeline/dedupe';
const pipeline = 'unit/pipeline/pipeline';
const leadership = 'unit/pipeline/pipeline.leadership';
const ours = 'unit/pipeline/pipeline.ours';
const stuck = 'unit/pipeline/stuck';
const node = 'unit/pipeline/node-trouble';
const resolved = 'unit/pipeline/pipeline.resolved';
const filter = 'unit/pipeline/filter';
const decide = 'unit/plane/decide';
const plane = 'contract/restate-plane';
const drain = 'unit/pipeline/drain';
const poison = 'unit/pipeline/drain.poison';
const batches = 'unit/pipeline/outbox.invariants.batches';
const open = 'unit/watcher/collect-open';

export const identityRules: Readonly<Record<string, HeldBy>> = {
  // Names
  'the same fact has the same id everywhere and always': [
    identity,
    'are 128 bits in hexadecimal and always the same for the same fact',
  ],
  'two facts never share an id': [model, 'a name never tells of two things'],
  'fields are kept apart in what is hashed': [
    model,
    'fields are encoded so that no two lists of fields give the same text',
  ],
  'cluster, subject, container and occurrence make the id': [
    identity,
    'differ by cluster, subject, container role, container name and occurrence',
  ],
  'a late replica gives the same names': [
    model,
    'a replica that begins late gives what it sees the names the others gave',
  ],
  'a relist changes nothing': [model, 'a relist that hides nothing changes nothing'],
  'an incident is of one subject, container and class': [
    identity,
    'keep pods, containers and classes apart, and hold together what goes on',
  ],
  'a fingerprint is the same for the same trouble anywhere': [
    identity,
    'are the same for the same trouble in many pods, nodes and clusters',
  ],
  'the subject of a mirror pod is its node and hash': [
    identity,
    'of a mirror pod is its node and hash, as its uid changes when the mirror is made anew',
  ],
  // Occurrences
  'fifty exits are fifty ids': [identity, '50 times gives 50 ids'],
  'an exit is one in state and lastState': [identity, 'has one id in state and later in lastState'],
  'an exit is amended, not told anew': [
    identity,
    'keeps its id when Error turns into OOMKilled, and when code, signal, message or time change',
  ],
  'a reset of restartCount is no exit': [identity, 'keeps its id when restartCount is reset'],
  'a restart of the kubelet is no exit': [
    identity,
    'keeps its id when a kubelet that restarted shows it as terminated again',
  ],
  'a lost exit is named by the restart count': [identity, 'lost without an id is one for each restart count'],
  'a back-off is one until the next exit': [
    identity,
    'is one through flips between waiting, running and terminated until the next container exits',
  ],
  'a pull is one through its flips': [
    identity,
    'is one occurrence through flips between ErrImagePull and ImagePullBackOff and changes of message',
  ],
  'an edited image is another pull': [identity, 'is another one when the image is edited'],
  'a start that fails is one through its attempts': [
    identity,
    'is one occurrence through attempts, messages and words of the same family',
  ],
  'the end of a pod is one': [identity, 'is one occurrence whatever reason or condition is added later'],
  'a pod made anew under its name is another': [identity, 'of a pod made anew under the same name is another one'],
  'a disruption is one': [identity, 'is one occurrence when its condition is reset and set again'],
  'unschedulable is one': [stuck, 'is one occurrence however often the scheduler tries again'],
  'a stuck start is one until a container ran': [
    stuck,
    'begins another occurrence only when a container ran and exited',
  ],
  'not Ready begins anew when it was Ready': [stuck, 'is another occurrence when it was Ready in between'],
  'terminating is one': [stuck, 'is one occurrence though its grace is shortened'],
  'a node is one through False and Unknown': [node, 'is one occurrence however it moves between False and Unknown'],
  'what goes on is one for each cooldown': [identity, 'are one for each cooldown since the epoch'],
  // One attempt, one finding
  'exit and back-off seen together are one': [
    detect,
    'exit and back-off seen together are told as the back-off, with the cause in it',
  ],
  'exit, loop, then counts': [dedupe, 'tells its first exit at once, then the loop at once, then counts'],
  'counted attempts are told as ongoing': [
    dedupe,
    'tells what was counted as ongoing once the cooldown is over, each attempt once',
  ],
  'a finding passes under the family that is enabled': [
    filter,
    'lets a finding pass under the first of its families that is enabled',
  ],
  'containers without ids are evidence of the end of their pod': [
    planned,
    'is one finding though the kubelet marks its containers as lost in state and lastState',
  ],
  'an exit that explains the end is told alone': [
    planned,
    'that a container explains is told as its exit, which passes as Failed and covers the end',
  ],
  'a missing time counts as recent': [filter, 'takes a missing time for recent'],
  // Planned or failed
  'an exit before the deletion is a failure': [planned, 'an exit one second before the deletion is a failure'],
  'the deletion is when it was asked for': [
    planned,
    'a shortened grace period does not move the moment it was asked for',
  ],
  'an eviction by the API is planned': [planned, 'by the eviction API is planned, with or without a deletion'],
  'a disruption that is called off is not told': [planned, 'that controllers call off is never told'],
  'a sidecar may end last': [planned, 'that ends after every app container has exited for good is silent'],
  'the object of a deletion is classified': [planned, 'the object in the deletion itself is classified, too'],
  'what left our view resolves nothing': [resolved, 'is not told of a pod that only left what is watched'],
  // Gaps and failover
  'what gaps show is a subset': [model, 'any gaps and repetitions show a subset of what an undisturbed watch shows'],
  'counts add up through gaps': [model, 'exits that showed and restarts nobody saw add up to what really happened'],
  'restarts nobody saw are no ids': [
    detect,
    'of which only the last shows are counted on the next finding and never invented as ids',
  ],
  'a lower count is a new beginning': [detect, 'begin anew when the count is lower than known'],
  'followers append nothing': [leadership, 'detects, appends nothing and stores nothing'],
  'who takes over tells what the old leader missed': [
    leadership,
    'that takes over tells what came since the old leader last renewed, each once, in order',
  ],
  'the look back reaches to the last renewal': [
    leadership,
    'that started after the old leader died looks back to its last renewal',
  ],
  'one agent a node tells whoever leads': [ours, 'tells of its own node while another leads, and keeps the rest'],
  'a restart tells nothing twice': [pipeline, 'tells nothing a second time and goes on counting'],
  'the plane owns the cooldown': [
    decide,
    'is kept quiet within its cooldown, whoever tells of it, and told again after it',
  ],
  'the first escalation is told within it': [decide, 'tells its first escalation within the cooldown, and only that'],
  'covered ids count as told': [decide, 'that another one covered was told with it, and is recorded all the same'],
  'the first telling wins': [decide, 'is told the first time and known from then on, whatever else it says'],
  'a complete set closes what is absent and older': [decide, 'closes what is absent and older'],
  'a set is made of a whole scope': [open, 'is not made where a watch broke while it was gathered'],
  'a late event reopens nothing': [
    plane,
    'closes incidents that are absent from a complete set, and reopens none for a late event',
  ],
  'a resolve of the unknown leaves a mark': [
    decide,
    'nobody knew leaves a mark when it is resolved, so that its failure comes late',
  ],
  // Keys of delivery
  'the key is of handler, generation and bytes': [
    batches,
    'one event goes alone and as it is, more go as an array; the key is of handler, generation and body',
  ],
  'what is sent again is the same bytes under the same key': [
    batches,
    'released under the same key it comes again, when due and not before, with the same bytes',
  ],
  'the next generation has another key': [
    batches,
    'released as the next generation it comes again with the same bytes under another key',
  ],
  'two batches in flight never share a pod': [
    batches,
    'two batches in flight never share a pod, and no event overtakes an earlier one of its pod',
  ],
  'an invocation that fails is asked under another key': [
    poison,
    'an invocation that fails is asked again under another key, and other batches go on meanwhile',
  ],
  'quarantined only if others got through': [
    poison,
    'an invalid event that is all there is, is kept: maybe the plane is what is broken',
  ],
  'backlog older than keys is sent': [
    drain,
    'events older than the plane keeps keys are sent all the same, and counted',
  ],
  'a batch counts whole or not at all': [plane, 'not at all where one of them is wrong, and says which'],
  'ids outlive a week, open incidents do not end': [
    plane,
    'forgets what is older than a week by itself, but no open incident',
  ],
};
