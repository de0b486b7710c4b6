import type { Hl7Message } from '../../formats/hl7v2/index.ts';
import type { Bundle } from '../bundle/bundle.ts';
import type { CompiledMessage } from './compiler/compile-message.ts';
import type { GroupsOf } from './compiler/frames-of.ts';
import type { Groups } from './compiler/grouping.ts';
import { MadeResources } from './compiler/made-resources.ts';
import type { Conversion } from './load.ts';
import { moveLongTexts } from './long-texts.ts';
import { ordersOf } from './orders.ts';
import { completeProvenance } from './provenance.ts';
import { relateResults } from './relations.ts';
import { residueOf } from './residue.ts';
import { type ConvertContext, type MapSite, Run } from './run.ts';
import { readDateTime } from './values/date-time.ts';
import { printMoment } from './values/zone.ts';

/** Runs a compiled map over one message. Never throws for what a message holds: faults become issues. */
export function convertMessage(
  site: MapSite,
  map: CompiledMessage,
  message: Hl7Message,
  context: ConvertContext,
): Conversion {
  const run = new Run(site, message, context);
  const groups = new Map<string, Groups>();
  const groupsOf: GroupsOf = (name) => {
    const known = groups.get(name);
    if (known !== undefined) return known;
    const grouping = map.groupings.get(name)!;
    const { within } = grouping.spec;
    const found = grouping.read(message, within === undefined ? undefined : groupsOf(within));
    groups.set(name, found);
    return found;
  };
  const made = new MadeResources(groupsOf);
  for (const resource of map.resources) resource.make(run, made, groupsOf);
  if (map.groupings.has('order')) relateResults(run, made, 'order', groupsOf('order'));
  const timestamp = momentOf(run);
  for (const { resource } of made.list) {
    if (resource.resourceType !== 'Provenance') continue;
    if (resource.recorded === undefined) resource.recorded = timestamp;
    completeProvenance(run, made, resource);
  }
  moveLongTexts(run);
  const bundle: Bundle = {
    resourceType: 'Bundle',
    type: 'transaction',
    timestamp,
    entry: run.bundleEntries(),
  };
  const orders = ordersOf(run, made, map.groupings.has('order') ? groupsOf('order') : undefined);
  return {
    bundle,
    issues: run.issues,
    residue: residueOf(run, map.ignored),
    orders,
    ...(run.explainer === undefined
      ? {}
      : { explanations: run.explainer.explain(run.builtResources(), bundle.entry) }),
  };
}

/** MSH-7 when it is a moment, else the receipt; never the clock of this run. */
function momentOf(run: Run): string {
  const { zone } = run.site.settings;
  const sent = readDateTime(run.message.first('MSH')?.get(7) ?? '', undefined, zone);
  return sent.precision === 'time' ? sent.text! : printMoment(run.context.receivedAtMs, zone);
}
