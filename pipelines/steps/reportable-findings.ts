import type { Finding } from '../../core/inference.ts';
import type { Json, JsonObject } from '../../core/json.ts';
import type { OrderFacts } from '../../core/order.ts';
import { parseStudyNotice } from '../../core/study-query-schema.ts';
import type { Systems } from '../../mappings/identity/systems.ts';
import { patientsCount } from '../../mappings/imaging/order-match.ts';
import type { ProcessOutput, StepInput } from '../process/step.ts';
import {
  decisionOf,
  findingOfHeld,
  type HeldDecision,
  type HeldReports,
  heldFinding,
  heldTimer,
  nextHeldLookMs,
  parseHeld,
  parseHeldList,
  withHeld,
} from '../study/held-reports.ts';
import { matchOrder } from '../study/match-order.ts';
import { heldListKey, heldListScope, heldScope } from '../study/scopes.ts';
import { parseFinding, parseStudyState } from '../study/stored.ts';
import { instancesOf } from '../study/study-instances.ts';
import { forgetTimer } from '../study/study-state.ts';

/**
 * The findings that this message lets be reported: the one that it carries, unless it is held; those that an operator released; those whose
 * order was put right. Each has its order, if one is known. Every step that reports asks here; what is held is decided and written
 * once for all of them.
 */
export function reportableFindings(
  channel: string,
  systems: Systems,
  input: StepInput,
  output: ProcessOutput,
): readonly Finding[] {
  output.reportable ??= new Gate(channel, systems, input, output).open();
  return output.reportable;
}

/** Why a report is blocked, and by what order. */
interface Block {
  readonly code: HeldReports['code'];
  readonly differs: readonly string[];
  readonly order?: OrderFacts;
}

class Gate {
  readonly #channel: string;
  readonly #systems: Systems;
  readonly #input: StepInput;
  readonly #output: ProcessOutput;

  constructor(channel: string, systems: Systems, input: StepInput, output: ProcessOutput) {
    this.#channel = channel;
    this.#systems = systems;
    this.#input = input;
    this.#output = output;
  }

  open(): readonly Finding[] {
    const { message, subject } = this.#input;
    if (message.kind === 'finding') return this.#finding(parseFinding(subject.json));
    if (message.kind === 'timer' && message.type === heldTimer) return this.#look(message.keys[0] ?? '');
    if (message.kind === 'timer' && message.type === forgetTimer)
      return this.#forgotten(message.keys[0] ?? '');
    if (message.kind !== 'notice') return [];
    const notice = parseStudyNotice(subject.json);
    if (notice.notice !== 'decision') return [];
    return this.#decided(notice.studyInstanceUid, decisionOf(notice, message.receivedAtMs));
  }

  #finding({ order: known, ...finding }: Finding): readonly Finding[] {
    const { studyInstanceUid: key, instances } = finding.study;
    const { order, block } = this.#judge(key, instances, known);
    const held = this.#read(key);
    if (block === undefined) {
      if (held && held.models.length > 0) this.#end(key);
      return [order === undefined ? finding : { ...finding, order }];
    }
    const isSame = held?.orderMessageId === block.order?.messageId && held?.code === block.code;
    if (held?.decision && isSame) return this.#asDecided(held.decision, block.order, [finding]);
    this.#hold(key, finding, block, isSame ? held : undefined);
    return [];
  }

  /** An order that was put right releases its reports. */
  #look(key: string): readonly Finding[] {
    const held = this.#read(key);
    if (held === undefined || held.models.length === 0) return [];
    const findings = this.#waiting(key, held);
    const [first] = findings;
    if (first === undefined) return this.#end(key);
    const { order, block } = this.#judge(key, first.study.instances, first.order);
    if (block !== undefined) {
      this.#setTimer(key, nextHeldLookMs(held, this.#input.message.receivedAtMs));
      return [];
    }
    this.#output.report.held = { study: key, released: 'its order was put right' };
    this.#end(key);
    return findings.map(({ order: _old, ...finding }) =>
      order === undefined ? finding : { ...finding, order },
    );
  }

  /** Nobody decided while the images were kept. */
  #forgotten(key: string): readonly Finding[] {
    const held = this.#read(key);
    const study = parseStudyState(this.#input.state.get(this.#channel, key));
    if (held === undefined || held.models.length === 0 || study?.status !== 'complete') return [];
    this.#output.report.held = { study: key, dropped: 'its images were forgotten before anybody decided' };
    return this.#end(key);
  }

  #decided(key: string, decision: HeldDecision): readonly Finding[] {
    const held = this.#read(key);
    if (held === undefined || held.models.length === 0) {
      this.#output.report.held = { study: key, ignored: 'no report of this study is held' };
      return [];
    }
    const findings = this.#waiting(key, held);
    const { block } = this.#judge(key, findings[0]?.study.instances ?? [], findings[0]?.order);
    this.#output.states.push(
      { scope: heldScope(this.#channel), key, value: null },
      { scope: heldScope(this.#channel), key, value: jsonOf({ ...held, models: [], decision }) },
    );
    this.#list(key, null);
    this.#setTimer(key, null);
    return this.#asDecided(decision, block?.order, findings);
  }

  #asDecided(
    { word, withOrder, by, reason }: HeldDecision,
    order: OrderFacts | undefined,
    findings: readonly Finding[],
  ): readonly Finding[] {
    const study = findings[0]?.study.studyInstanceUid ?? '';
    this.#output.report.held = { study, word, by, withOrder, ...(reason === undefined ? {} : { reason }) };
    if (word === 'reject') return [];
    return findings.map(({ order: _old, ...finding }) => {
      if (order === undefined) return finding;
      // Unconfirmed, the report says that the known order is of another patient, and is not linked.
      return { ...finding, order: withOrder ? { ...order, confirmedBy: by } : order };
    });
  }

  #judge(
    key: string,
    instances: Finding['study']['instances'],
    known: OrderFacts | undefined,
  ): { readonly order?: OrderFacts; readonly block?: Block } {
    const { state } = this.#input;
    const match = matchOrder(state, { studyInstanceUid: key, instances }, { systems: this.#systems });
    const order = match.kind === 'matched' ? match.order : known;
    if (match.kind === 'mismatch')
      return { block: { code: 'BH_ORDER_PATIENT', differs: match.faults, order: match.order } };
    const patients = patientsCount(instances, this.#systems);
    if (patients > 1 && order === undefined)
      return { block: { code: 'BH_STUDY_PATIENT', differs: [`${patients} patients`] } };
    return order === undefined ? {} : { order };
  }

  #hold(key: string, finding: Finding, block: Block, known: HeldReports | undefined): void {
    const { code, differs, order } = block;
    const nowMs = this.#input.message.receivedAtMs;
    const { name } = finding.model;
    const held: HeldReports = {
      sinceMs: known?.sinceMs ?? nowMs,
      code,
      differs,
      ...(order === undefined ? {} : { orderMessageId: order.messageId }),
      models: [...(known?.models ?? []).filter((model) => model !== name), name],
    };
    const scope = heldScope(this.#channel);
    this.#output.states.push({ scope, key, value: jsonOf(held) });
    this.#output.items.push({ scope, key, itemKey: name, value: heldFinding(finding) });
    this.#list(key, held);
    this.#setTimer(key, nextHeldLookMs(held, nowMs));
    const of = order === undefined ? '' : `the order of message ${order.messageId} `;
    this.#output.report.held = { study: key, models: [...held.models], differs: [...differs] };
    this.#output.report.issues = [
      {
        severity: 'error',
        code,
        path: 'study',
        row: 'order',
        text: `${of}differs from the images in ${differs.join(', ')}: the report is held until an operator releases or rejects it`,
      },
    ];
  }

  /** Findings that wait, with the instances of the study as it is. */
  #waiting(key: string, { models }: HeldReports): readonly Finding[] {
    const { state } = this.#input;
    const instances = instancesOf(state, this.#channel, key);
    const version = parseStudyState(state.get(this.#channel, key))?.version;
    return state
      .items(heldScope(this.#channel), key)
      .filter(({ itemKey }) => models.includes(itemKey))
      .map(({ value }) => findingOfHeld(value, instances))
      .filter(({ study }) => version === undefined || study.version === version);
  }

  #end(key: string): readonly Finding[] {
    this.#output.states.push({ scope: heldScope(this.#channel), key, value: null });
    this.#list(key, null);
    this.#setTimer(key, null);
    return [];
  }

  #read(key: string): HeldReports | undefined {
    return parseHeld(this.#input.state.get(heldScope(this.#channel), key));
  }

  #list(key: string, held: HeldReports | null): void {
    const scope = heldListScope(this.#channel);
    const list = parseHeldList(this.#input.state.get(scope, heldListKey));
    this.#output.states.push({ scope, key: heldListKey, value: jsonOf(withHeld(list, key, held)) });
  }

  #setTimer(key: string, dueAtMs: number | null): void {
    this.#output.timers.push({ key, name: heldTimer, dueAtMs });
  }
}

const jsonOf = (value: object): Json => JSON.parse(JSON.stringify(value)) as JsonObject;
