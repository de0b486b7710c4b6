import { z } from 'zod';
import type { Condition } from '../../mappings/index.ts';
import { type StudySubject, studyCondition } from './study-subject.ts';

const model = z.string().min(1).max(64);

const ruleSchema = z
  .strictObject({
    /** Its name, for people. */
    rule: z.string().min(1).max(100).exactOptional(),
    when: z.string().min(1).exactOptional(),
    model: model.exactOptional(),
    models: z.array(model).max(64).exactOptional(),
    /** The rules after it are not asked. */
    stop: z.boolean().default(false),
    /** It is asked only when no rule before it fired. */
    else: z.boolean().default(false),
  })
  .transform(({ model: one, models = [], ...rest }) => ({
    ...rest,
    models: one === undefined ? models : [one, ...models],
  }))
  .refine(({ models, stop }) => models.length > 0 || stop, 'a rule names a model, or says stop');

export const rulesSchema = z.array(ruleSchema).min(1).max(256);
export type RoutingRule = z.output<typeof ruleSchema>;

/** What one rule said of a study. */
export interface RuleWord {
  readonly rule: string;
  readonly said: 'fired' | 'no' | 'not asked';
  readonly models: readonly string[];
  /** What was asked and found, or who kept it from being asked. */
  readonly why: string;
}

export interface Routing {
  readonly rules: readonly RuleWord[];
  /** Each once, in the order of the rules. */
  readonly models: readonly string[];
}

/**
 * Compiles routing rules. All that hold fire, in order; `stop` ends it, `else` fires where none before did.
 *
 * @throws BH_CONFIG_EXPRESSION
 */
export function compileRouting(rules: readonly RoutingRule[]): (subject: StudySubject) => Routing {
  const compiled = rules.map((rule, at) => ({
    ...rule,
    name: rule.rule ?? `rule ${at + 1}`,
    condition: rule.when === undefined ? always : studyCondition(rule.when),
  }));
  return (subject) => {
    const words: RuleWord[] = [];
    let stoppedBy: string | undefined;
    for (const { name, models, condition, stop, else: isElse } of compiled) {
      const fired = words.find(({ said }) => said === 'fired');
      const say = (said: RuleWord['said'], why: string) => words.push({ rule: name, said, models, why });
      if (stoppedBy !== undefined) say('not asked', `${stoppedBy} stops`);
      else if (isElse && fired) say('not asked', `${fired.rule} fired`);
      else if (!condition.holds(subject)) say('no', condition.explain(subject));
      else {
        say('fired', condition.explain(subject));
        if (stop) stoppedBy = name;
      }
    }
    const models = words.flatMap((word) => (word.said === 'fired' ? word.models : []));
    return { rules: words, models: [...new Set(models)] };
  };
}

const always: Condition<StudySubject> = { holds: () => true, explain: () => 'it has no condition' };
