import { parentPort } from 'node:worker_threads';

// Answers with what it is asked; `die` and `hang` do as they say, `{ ask }` asks back and answers with what it hears.
let asked = null;
parentPort.on('message', ({ id, request, ...reply }) => {
  if (id === undefined) parentPort.postMessage({ id: asked, result: reply });
  else if (request === 'die') process.exit(3);
  else if (request === 'fail')
    parentPort.postMessage({ id, refusal: { code: 'BH_DICOM_LIMIT', detail: 'why' } });
  else if (request?.ask !== undefined) {
    asked = id;
    parentPort.postMessage({ id, question: 7, name: request.ask, given: 'it' });
  } else if (request !== 'hang') parentPort.postMessage({ id, result: request });
});
