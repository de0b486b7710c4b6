import type { Json } from '../../core/json.ts';
import { limits } from '../../core/limits.ts';
import type { MapVersionView } from '../mapping/map-deployment.ts';
import { asJson, withData } from './data-access.ts';
import { openService } from './open-service.ts';
import { table } from './table.ts';
import { exitCodes, jsonFlag, type Verb } from './verb.ts';

export const mappingVersions: Verb = {
  usage: {
    name: 'mapping versions',
    summary: 'Lists the versions of the map: who deployed which overlay when.',
    words: [],
    flags: [jsonFlag],
    takesSettings: true,
    example: 'bithive mapping versions --data /var/lib/bithive',
  },
  async run(call, world) {
    const answer: Json = await withData(call, world, {
      throughEngine: (engine) => engine.get('/api/mapping/versions'),
      async throughFolder(open) {
        const service = await openService(call, world, open);
        return asJson({ versions: await service.versions(limits.searchRowsMax) });
      },
    });
    const { versions } = answer as unknown as { readonly versions: readonly MapVersionView[] };
    if (call.has('json')) world.print(JSON.stringify({ versions }));
    else
      world.print(
        table(['VERSION', 'IN FORCE', 'AT', 'BY', 'HOW', 'OVERLAY', 'FILES', 'NOTE'], versions.map(rowOf)),
      );
    return exitCodes.ok;
  },
};

function rowOf({
  version,
  inForce,
  at,
  by,
  from,
  of,
  overlay,
  files,
  note,
}: MapVersionView): readonly string[] {
  return [
    String(version),
    inForce ? 'yes' : '',
    version === 0 ? '-' : at,
    by,
    of === undefined ? from : `${from} to ${of}`,
    overlay,
    String(files.length),
    note ?? '',
  ];
}
