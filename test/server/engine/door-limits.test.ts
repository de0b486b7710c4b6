import { expect, test } from '@jest/globals';
import { adt, framed, RawClient, summary } from '../../connectors/hl7v2/listener.ts';
import { until } from '../../until.ts';
import { startHospital } from './hospital.ts';

test('a site lowers the limits of its doors', async () => {
  const flags = [
    ['--hl7v2-limits-message-bytes-max', '2048'],
    ['--hl7v2-limits-connections-max', '2'],
    ['--dicomweb-limits-part-bytes-max', '1024'],
  ].flat();
  const hospital = await startHospital({ flags });
  try {
    const port = hospital.engine.listening.find(({ protocol }) => protocol === 'mllp')?.port ?? 0;
    const client = new RawClient(port);
    client.send(framed(adt('SMALL')));
    await client.until(() => client.answers.length === 1);
    client.send(framed(adt('LARGE', `\rNTE|1||${'x'.repeat(4096)}`)));
    await client.until(() => client.answers.length === 2);
    expect(client.answers.map(summary)).toEqual(['AA:SMALL', 'AR:LARGE:207']);

    const lines = [new RawClient(port), new RawClient(port), new RawClient(port)];
    await until(() => lines.some(({ isClosed }) => isClosed));
    for (const line of [client, ...lines]) line.close();

    const answer = await fetch(`${hospital.dicomweb}/studies`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${hospital.engine.token}`,
        'content-type': 'multipart/related; type="application/dicom"; boundary=b',
      },
      body: `--b\r\nContent-Type: application/dicom\r\n\r\n${'x'.repeat(2048)}\r\n--b--\r\n`,
    });
    expect(answer.status).toBe(413);
  } finally {
    await hospital.close();
  }
});
