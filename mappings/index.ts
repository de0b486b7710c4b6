export { compileCondition, type ResolvePath } from './expression/condition.ts';
