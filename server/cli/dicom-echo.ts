import {
  echo,
  proposeServices,
  requestAssociation,
  statusText,
  verification,
} from '../../connectors/dimse/index.ts';
import { nodeFlags, nodeOf, timesOf } from './dicom-node.ts';
import { exitCodes, jsonFlag, type Verb } from './verb.ts';

export const dicomEcho: Verb = {
  usage: {
    name: 'dicom echo',
    summary: 'Asks a DICOM node whether it is there (C-ECHO).',
    words: [],
    flags: [...nodeFlags, jsonFlag],
    takesSettings: false,
    example: 'bithive dicom echo --host pacs.example --port 104 --called-ae PACS',
  },
  async run(call, world) {
    const node = await nodeOf(call, world);
    const times = timesOf(call);
    const startMs = times.clock.monotonicMs();
    const association = await requestAssociation(node, {
      ...times,
      contexts: proposeServices([verification]),
    });
    try {
      const { status = 0xffff } = await echo(association, times.answerMs);
      const ms = Math.round(times.clock.monotonicMs() - startMs);
      const answer = {
        node: node.calledAe,
        host: node.host,
        port: node.port,
        status: statusText(status),
        ms,
      };
      const text = `${node.calledAe} at ${node.host}:${node.port} answered ${answer.status} after ${ms} ms`;
      world.print(call.has('json') ? JSON.stringify(answer) : text);
      return status === 0 ? exitCodes.ok : exitCodes.failed;
    } finally {
      await association.release(times.answerMs);
    }
  },
};
