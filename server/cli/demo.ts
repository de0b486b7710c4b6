import { join } from 'node:path';
import { exitCodes, type Verb } from './verb.ts';

const defaultFolder = 'bithive-demo';

/** `bithive demo`: a small hospital's morning with nothing else installed. */
export const demo: Verb = {
  usage: {
    name: 'demo',
    summary: "Plays a small hospital's morning through an engine of its own and shows what arrives.",
    words: [],
    flags: [
      {
        name: 'data',
        takes: 'DIR',
        description: `Folder of the demo's engine; emptied first, kept afterwards. Default: ${defaultFolder}.`,
      },
    ],
    takesSettings: false,
    example: 'bithive demo',
  },
  async run(call, world) {
    const { runDemo } = await import('../demo/demo.ts');
    const folder = call.flag('data') ?? join(world.cwd, defaultFolder);
    await runDemo({ folder, environment: world.env, write: (text) => world.print(text.replace(/\n$/, '')) });
    return exitCodes.ok;
  },
};
