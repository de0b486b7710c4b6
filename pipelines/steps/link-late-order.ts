import type { Json } from '../../core/json.ts';
import type { Systems } from '../../mappings/identity/systems.ts';
import type { ProcessOutput, StepInput } from '../process/step.ts';
import { type AwaitSettings, nextLookMs, orderTimer, wholeOf } from '../study/awaited-order.ts';
import { issueOfAnotherPatient, matchOrder } from '../study/match-order.ts';
import { awaitedScope } from '../study/scopes.ts';
import { type AwaitedOrder, jsonOf, parseAwaitedOrder, parseStudyState } from '../study/stored.ts';
import { instancesOf } from '../study/study-instances.ts';
import type { PrintReport } from './report-finding.ts';

interface LateLink {
  readonly channel: string;
  readonly settings: AwaitSettings;
  readonly print: PrintReport;
  readonly systems: Systems;
}

/**
 * One look for the order of reports that were written without: there now, the reports are patched with it, from the kept findings
 * and without a run of the model; the state goes in the same transaction, so it happens once.
 */
export function linkLateOrder(
  { channel, settings, print, systems }: LateLink,
  input: StepInput,
  output: ProcessOutput,
): void {
  const [key = ''] = input.message.keys;
  const scope = awaitedScope(channel);
  const awaited = parseAwaitedOrder(input.state.get(scope, key));
  if (!awaited) return;
  const study = parseStudyState(input.state.get(channel, key));
  if (!study || (study.status === 'complete' && study.instances === 0)) {
    output.states.push({ scope, key, value: null });
    output.report.order = 'not come before the images were forgotten; the report stays without it';
    return;
  }
  const nowMs = input.message.receivedAtMs;
  const waitOn = (state: AwaitedOrder): void => {
    const dueAtMs = nextLookMs(state, nowMs, settings);
    const value: Json = dueAtMs === null ? null : jsonOf(state);
    output.states.push({ scope, key, value });
    if (dueAtMs !== null) output.timers.push({ key, name: orderTimer, dueAtMs });
    else output.report.order = 'not come in time; the report stays without it';
  };

  const instances = instancesOf(input.state, channel, key);
  const match = matchOrder(input.state, { studyInstanceUid: key, instances }, { systems });
  if (match.kind === 'mismatch') {
    const { messageId } = match.order;
    if (awaited.flaggedOrder !== messageId) output.report.issues = [issueOfAnotherPatient(match)];
    waitOn({ ...awaited, flaggedOrder: messageId });
    return;
  }
  if (match.kind !== 'matched') {
    waitOn(awaited);
    return;
  }
  const { order } = match;
  const { messageId } = order;
  // Reopened: the report of the next version finds the order by itself. One that never comes leaves this one to wait out its time.
  const isAsReported = (version: number): boolean => study.status === 'complete' && study.version === version;
  const linked = awaited.findings.filter((finding) => isAsReported(finding.study.version));
  const late = { linkedAtMs: nowMs, messageId };
  for (const finding of linked)
    output.products.push(...print({ ...wholeOf(finding, instances), order }, late));
  const findings = awaited.findings.filter((finding) => !linked.includes(finding));
  if (linked.length > 0) output.report.order = { linked: linked.map(({ model }) => model.name), messageId };
  if (findings.length === 0) output.states.push({ scope, key, value: null });
  else waitOn({ ...awaited, findings });
}
