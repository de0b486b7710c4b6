// A worker that can't start (a broken installation of a native module looks like this).
process.exit(1);
