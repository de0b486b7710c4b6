/** Scopes of the states that an imaging channel keeps of its studies, beside the study itself under the channel's own name. */

/** Which study holds an instance, by SOP Instance UID: asked for each one, where all of a study's would be too many to read. */
export const seenScope = (channel: string): string => `${channel}/seen`;

/** Instances that were named before they were here, by study. */
export const namedScope = (channel: string): string => `${channel}/named`;

/** Earlier studies of the patient, and the models that wait for them, by study. */
export const priorsScope = (channel: string): string => `${channel}/priors`;

/** Reports that wait for their order, by study. */
export const awaitedScope = (channel: string): string => `${channel}/awaited-order`;

/** Reports that an operator must release or reject, by study; the findings are the items, one a model. */
export const heldScope = (channel: string): string => `${channel}/held`;

/** Which studies of a channel have such reports: one state, under `heldListKey`. */
export const heldListScope = (channel: string): string => `${channel}/held-list`;
export const heldListKey = 'studies';
