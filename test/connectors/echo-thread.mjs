import { parentPort } from 'node:worker_threads';

// Answers with what it is asked; `die` and `hang` do as they say.
parentPort.on('message', ({ id, request }) => {
  if (request === 'die') process.exit(3);
  if (request === 'fail') parentPort.postMessage({ id, refusal: { code: 'BH_DICOM_LIMIT', detail: 'why' } });
  else if (request !== 'hang') parentPort.postMessage({ id, result: request });
});
