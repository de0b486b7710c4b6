import { describe } from '@jest/globals';
import { isAlone } from './alone.ts';
import { missingComponents } from './components.ts';

/** `describe` where the components are installed and nobody can reach them, else `describe.skip`: the names are shown either way. */
export const withComponents = missingComponents().length === 0 && isAlone() ? describe : describe.skip;
