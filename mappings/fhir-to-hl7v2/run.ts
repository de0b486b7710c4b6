import type { Json, JsonObject } from '../../core/json.ts';
import type { ResourceGraph } from './resource-graph.ts';
import type { OutboundSettings } from './settings.ts';
import type { Assigner } from './values/assigner.ts';

/** Something of a resource that could not be carried as it is. */
export interface OutboundIssue {
  readonly severity: 'warning' | 'information';
  /** The row, such as `OBX-5`. */
  readonly row: string;
  readonly text: string;
}

/** What the rows of one message may ask. */
export interface OutboundRun {
  readonly graph: ResourceGraph;
  readonly settings: OutboundSettings;
  /** `$site`, `$message`, `$focus`, `$header`, `$number`, `$sub`: paths begin with them. */
  readonly roots: { [name: string]: Json };
  readonly assigner: (system: string) => Assigner;
  readonly codeSystem: (system: string) => string;
  readonly issues: OutboundIssue[];
}

/** A resource, an element or a leaf. */
export type Node = Json;

export type { Json, JsonObject };
