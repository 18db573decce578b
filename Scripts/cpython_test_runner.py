"""Runs test modules of CPython inside a guest and records what became of each test, one JSON object to a line.

Usage: cpython_test_runner.py RECORD MODULE

A line is written when a test begins and another when it ends, so that the record tells where a guest came to grief.
"""

import json
import os
import sys
import unittest
import warnings

# The worse of two outcomes of one test, such as of its subtests, is the one that counts.
SEVERITY = ["passed", "skipped", "expected failure", "unexpected success", "failed", "error"]


class Recorder(unittest.TestResult):
  def __init__(self, record):
    super().__init__()
    self.record = record
    self.outcome = None
    self.detail = ""

  def write(self, **entry):
    self.record.write(json.dumps(entry) + "\n")
    self.record.flush()

  def note(self, test, outcome, detail=""):
    if self.outcome is None:
      # Something outside of tests: a class or module that cannot be set up, or is skipped as a whole.
      self.write(test=test.id(), outcome=outcome, detail=detail)
    elif SEVERITY.index(outcome) >= SEVERITY.index(self.outcome):
      self.outcome, self.detail = outcome, detail

  def describe(self, test, error):
    return self._exc_info_to_string(error, test)[-4000:]

  def startTest(self, test):
    super().startTest(test)
    self.outcome = "passed"
    self.detail = ""
    self.write(begin=test.id())

  def stopTest(self, test):
    super().stopTest(test)
    self.write(test=test.id(), outcome=self.outcome, detail=self.detail)
    self.outcome = None

  def addSkip(self, test, reason):
    self.note(test, "skipped", reason)

  def addExpectedFailure(self, test, error):
    self.note(test, "expected failure")

  def addUnexpectedSuccess(self, test):
    self.note(test, "unexpected success")

  def addFailure(self, test, error):
    self.note(test, "failed", self.describe(test, error))

  def addError(self, test, error):
    self.note(test, "error", self.describe(test, error))

  def addSubTest(self, test, subtest, error):
    if error is not None:
      failed = issubclass(error[0], test.failureException)
      self.note(test, "failed" if failed else "error", str(subtest) + "\n" + self.describe(test, error))


def main(path, name):
  with open(path, "w") as record:
    recorder = Recorder(record)
    # Tests expect to be in a folder that is theirs and empty.
    os.chdir(os.path.dirname(path))
    os.mkdir(name)
    os.chdir(name)
    try:
      suite = unittest.defaultTestLoader.loadTestsFromName("test." + name)
    except unittest.SkipTest as reason:
      recorder.write(test=name, outcome="skipped", detail=str(reason))
    else:
      with warnings.catch_warnings():
        warnings.simplefilter("default")
        suite.run(recorder)
    recorder.write(end=True)


if __name__ == "__main__":
  main(*sys.argv[1:])
